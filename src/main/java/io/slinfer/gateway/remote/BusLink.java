package io.slinfer.gateway.remote;

import io.slinfer.request.RequestId;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A link over the event bus. Confined to its gateway's event loop but for {@link #execute}. */
final class BusLink implements OwnerLink {

  private static final Logger LOG = LoggerFactory.getLogger(BusLink.class);
  private static final long BEAT_MILLIS = 1_000;

  private final Vertx vertx;
  private final Context context;
  private final String address;
  private final OwnerCodec codec = new OwnerCodec(System::nanoTime);
  private final DeliveryOptions answered;

  /**
   * @param node this node's name
   * @param lostMillis how long an answer may take
   */
  BusLink(Vertx vertx, Context context, String node, long lostMillis) {
    this.vertx = vertx;
    this.context = context;
    this.address = Addresses.gateway(node, UUID.randomUUID().toString());
    this.answered = new DeliveryOptions().setSendTimeout(lostMillis);
  }

  @Override
  public String address() {
    return address;
  }

  @Override
  public void start(LongFunction<RequestId> ids, Consumer<EventCodec.Batch> events, Runnable beat) {
    vertx
        .eventBus()
        .<Buffer>consumer(
            address,
            message -> {
              try {
                events.accept(EventCodec.decode(message.body(), ids));
              } catch (IllegalArgumentException | WireException malformed) {
                LOG.error("events of another node cannot be read", malformed);
              }
            });
    vertx.setPeriodic(BEAT_MILLIS, timer -> beat.run());
  }

  @Override
  public void send(String node, ToOwner message) {
    vertx.eventBus().send(Addresses.owner(node), codec.encode(message));
  }

  @Override
  public Future<long[]> hold(String node, ToOwner.Holding message) {
    return vertx
        .eventBus()
        .<Buffer>request(Addresses.owner(node), codec.encode(message), answered)
        .map(answer -> new WireIn(answer.body()).numbers());
  }

  @Override
  public void execute(Runnable task) {
    context.runOnContext(nothing -> task.run());
  }
}
