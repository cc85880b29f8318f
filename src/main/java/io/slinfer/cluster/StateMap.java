package io.slinfer.cluster;

import com.hazelcast.core.EntryEvent;
import com.hazelcast.map.IMap;
import com.hazelcast.map.listener.EntryAddedListener;
import com.hazelcast.map.listener.EntryExpiredListener;
import com.hazelcast.map.listener.EntryRemovedListener;
import com.hazelcast.map.listener.EntryUpdatedListener;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * One of the shared maps of the cluster, from ids to records. Each key has one writer (see
 * docs/architecture.md). Reads are of this node's own copy, which entry listeners keep; they never
 * wait for the network and may lag behind by a message.
 *
 * @param <V> a record of numbers, strings and arrays of them
 */
public final class StateMap<V> {

  private final IMap<String, V> shared;
  private final Map<String, V> copy = new ConcurrentHashMap<>();

  /** Whether the copy has what was there at first. */
  private volatile boolean filled;

  StateMap(IMap<String, V> shared) {
    this.shared = shared;
    Set<String> removedMeanwhile = ConcurrentHashMap.newKeySet();
    shared.addEntryListener(
        new Listener(
            Runnable::run,
            change -> {
              if (!filled && change.isRemoval()) {
                removedMeanwhile.add(change.key());
              }
              applyToCopy(change);
            }),
        true);
    shared.forEach(
        (key, value) ->
            copy.computeIfAbsent(key, absent -> removedMeanwhile.contains(key) ? null : value));
    filled = true;
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
   * Calls back for each later change of any node, in order for each key, on the executor given.
   *
   * @return what ends the calls
   */
  public Subscription onChange(Executor executor, Consumer<Change<V>> consumer) {
    UUID id = shared.addEntryListener(new Listener(executor, consumer), true);
    return () -> shared.removeEntryListener(id);
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

  /** Turns Hazelcast's events into changes. */
  private final class Listener
      implements EntryAddedListener<String, V>,
          EntryUpdatedListener<String, V>,
          EntryRemovedListener<String, V>,
          EntryExpiredListener<String, V> {

    private final Executor executor;
    private final Consumer<Change<V>> consumer;

    Listener(Executor executor, Consumer<Change<V>> consumer) {
      this.executor = executor;
      this.consumer = consumer;
    }

    @Override
    public void entryAdded(EntryEvent<String, V> event) {
      send(event, event.getValue());
    }

    @Override
    public void entryUpdated(EntryEvent<String, V> event) {
      send(event, event.getValue());
    }

    @Override
    public void entryRemoved(EntryEvent<String, V> event) {
      send(event, null);
    }

    @Override
    public void entryExpired(EntryEvent<String, V> event) {
      send(event, null);
    }

    private void send(EntryEvent<String, V> event, V value) {
      executor.execute(() -> consumer.accept(new Change<>(event.getKey(), value)));
    }
  }
}
