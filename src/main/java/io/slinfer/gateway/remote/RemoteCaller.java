package io.slinfer.gateway.remote;

import io.slinfer.node.TokenEvent;
import io.slinfer.node.TokenOutlet;
import io.slinfer.request.RequestId;
import io.vertx.core.Context;
import io.vertx.core.eventbus.EventBus;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A gateway of another node, as this node's devices see it: what they tell it goes out joined, as
 * it comes from a step. Confined to RequestServer's event loop but for {@link #deliver}.
 */
final class RemoteCaller implements TokenOutlet {

  private final String node;
  private final String address;
  private final Context context;
  private final EventBus bus;
  private final Map<Long, RequestId> requests = new HashMap<>();
  private final Map<RequestId, Long> numbers = new HashMap<>();

  /** Requests that no device knows of yet. */
  private final Set<RequestId> preparing = new HashSet<>();

  /**
   * @param node this node's name
   * @param address the gateway's
   * @param context of RequestServer
   */
  RemoteCaller(String node, String address, Context context, EventBus bus) {
    this.node = node;
    this.address = address;
    this.context = context;
    this.bus = bus;
  }

  /** Takes note of a request under an id that is unique here. */
  void add(long number, RequestId id) {
    requests.put(number, id);
    numbers.put(id, number);
    preparing.add(id);
  }

  boolean knows(RequestId id) {
    return numbers.containsKey(id);
  }

  /** A device takes it from here; false if it was dropped meanwhile. */
  boolean prepared(RequestId id) {
    return preparing.remove(id);
  }

  boolean isPreparing(RequestId id) {
    return preparing.contains(id);
  }

  boolean isIdle() {
    return requests.isEmpty();
  }

  /** The node that it belongs to. */
  String home() {
    return Addresses.nodeOf(address);
  }

  /** Its request of this number; null if there is none. */
  RequestId find(long number) {
    return requests.get(number);
  }

  /** Its requests that have not ended. */
  List<RequestId> all() {
    return List.copyOf(requests.values());
  }

  /** Those that are not among {@code held}. */
  List<RequestId> without(long[] held) {
    return requests.entrySet().stream()
        .filter(request -> Arrays.binarySearch(held, request.getKey()) < 0)
        .map(Map.Entry::getValue)
        .toList();
  }

  /** Those of {@code held} that are not here. */
  long[] missing(long[] held) {
    return Arrays.stream(held).filter(number -> !requests.containsKey(number)).toArray();
  }

  @Override
  public void deliver(List<TokenEvent> events) {
    context.runOnContext(nothing -> send(events));
  }

  /** On RequestServer's event loop. */
  void send(List<TokenEvent> events) {
    List<Told> told = new ArrayList<>(events.size());
    for (TokenEvent event : events) {
      Long number = numbers.get(event.id());
      if (number == null) {
        continue;
      }
      told.add(new Told(number, event));
      if (event instanceof TokenEvent.Finished || event instanceof TokenEvent.Failed) {
        requests.remove(number);
        numbers.remove(event.id());
        preparing.remove(event.id());
      }
    }
    if (!told.isEmpty()) {
      bus.send(address, EventCodec.encode(new EventCodec.Batch(node, told)));
    }
  }
}
