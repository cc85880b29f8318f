package io.slinfer.cluster;

import com.hazelcast.core.EntryEvent;
import com.hazelcast.map.IMap;
import com.hazelcast.map.listener.EntryAddedListener;
import com.hazelcast.map.listener.EntryExpiredListener;
import com.hazelcast.map.listener.EntryRemovedListener;
import com.hazelcast.map.listener.EntryUpdatedListener;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One of the shared maps of the cluster, from ids to records. Each key has one writer (see
 * docs/architecture.md). Reads are of this node's own copy, which entry listeners keep; they never
 * wait for the network and may lag behind by a message.
 *
 * @param <V> a record of numbers, strings and arrays of them
 */
public final class StateMap<V> {

  private static final Logger LOG = LoggerFactory.getLogger(StateMap.class);

  private final IMap<String, V> shared;
  private final Map<String, V> copy = new ConcurrentHashMap<>();
  private final List<Subscriber<V>> subscribers = new CopyOnWriteArrayList<>();
  private final Listener listener = new Listener();
  private UUID registration;

  /** Keys removed since the copy began to be filled. */
  private final Set<String> removedMeanwhile = ConcurrentHashMap.newKeySet();

  StateMap(IMap<String, V> shared) {
    this.shared = shared;
    this.registration = shared.addEntryListener(listener, true);
    fill();
  }

  /** Whoever is told of a change finds it in the copy. */
  private void follow(Change<V> change) {
    if (change.isRemoval()) {
      removedMeanwhile.add(change.key());
    }
    applyToCopy(change);
    subscribers.forEach(subscriber -> subscriber.tell(change));
  }

  /** Takes over what is there; what is removed meanwhile stays so. */
  private void fill() {
    removedMeanwhile.clear();
    Map<String, V> now = new HashMap<>();
    shared.forEach(now::put);
    copy.keySet().retainAll(now.keySet());
    now.forEach(
        (key, value) ->
            copy.computeIfAbsent(key, absent -> removedMeanwhile.contains(key) ? null : value));
    removedMeanwhile.clear();
  }

  /**
   * This node is another member than before: it was thought to be lost and has joined anew, which
   * ended its listeners. Blocks for an answer of the others.
   */
  synchronized void rejoined() {
    shared.removeEntryListener(registration);
    registration = shared.addEntryListener(listener, true);
    fill();
  }

  /** What this node knows now; a live view, safe for any thread. */
  public Map<String, V> entries() {
    return copy;
  }

  /** Writes an entry; completes when a backup has it too. */
  public Future<Void> put(String key, V value) {
    return future(shared.setAsync(key, value));
  }

  /** Removes an entry. */
  public Future<Void> remove(String key) {
    return future(shared.removeAsync(key)).mapEmpty();
  }

  /**
   * Calls back for each later change of any node, in order for each key, on the executor given;
   * {@link #entries} has the change then.
   *
   * @return what ends the calls
   */
  public Subscription onChange(Executor executor, Consumer<Change<V>> consumer) {
    Subscriber<V> subscriber = new Subscriber<>(executor, consumer);
    subscribers.add(subscriber);
    return () -> subscribers.remove(subscriber);
  }

  private void applyToCopy(Change<V> change) {
    if (change.isRemoval()) {
      copy.remove(change.key());
    } else {
      copy.put(change.key(), change.value());
    }
  }

  static <T> Future<T> future(CompletionStage<T> stage) {
    Promise<T> promise = Promise.promise();
    stage.whenComplete(
        (value, failure) -> {
          if (failure == null) {
            promise.complete(value);
          } else {
            promise.fail(failure);
          }
        });
    return promise.future();
  }

  /** Ends a subscription. */
  public interface Subscription extends AutoCloseable {

    @Override
    void close();
  }

  /** Who is told of changes; one of its own for each subscription. */
  private static final class Subscriber<V> {

    private final Executor executor;
    private final Consumer<Change<V>> consumer;

    Subscriber(Executor executor, Consumer<Change<V>> consumer) {
      this.executor = executor;
      this.consumer = consumer;
    }

    void tell(Change<V> change) {
      try {
        executor.execute(() -> consumer.accept(change));
      } catch (RejectedExecutionException stopping) {
        LOG.debug("nobody hears of {} any more", change.key());
      }
    }
  }

  /** Turns Hazelcast's events into changes. */
  private final class Listener
      implements EntryAddedListener<String, V>,
          EntryUpdatedListener<String, V>,
          EntryRemovedListener<String, V>,
          EntryExpiredListener<String, V> {

    @Override
    public void entryAdded(EntryEvent<String, V> event) {
      follow(new Change<>(event.getKey(), event.getValue()));
    }

    @Override
    public void entryUpdated(EntryEvent<String, V> event) {
      follow(new Change<>(event.getKey(), event.getValue()));
    }

    @Override
    public void entryRemoved(EntryEvent<String, V> event) {
      follow(new Change<>(event.getKey(), null));
    }

    @Override
    public void entryExpired(EntryEvent<String, V> event) {
      follow(new Change<>(event.getKey(), null));
    }
  }
}
