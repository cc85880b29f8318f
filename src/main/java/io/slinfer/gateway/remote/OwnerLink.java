package io.slinfer.gateway.remote;

import io.slinfer.request.RequestId;
import io.vertx.core.Future;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.LongFunction;

/** How one gateway talks with the owners of devices. Runs tasks on the gateway's event loop. */
interface OwnerLink extends Executor {

  /** Where this gateway is reached. */
  String address();

  /**
   * Begins to listen; called once.
   *
   * @param ids of requests by their numbers
   * @param events takes what comes, on the gateway's event loop
   * @param beat called once a second there
   */
  void start(LongFunction<RequestId> ids, Consumer<EventCodec.Batch> events, Runnable beat);

  /** Sends without an answer; messages to one node arrive in order or not at all. */
  void send(String node, ToOwner message);

  /** Says what it holds; the answer names what the node does not know. */
  Future<long[]> hold(String node, ToOwner.Holding message);
}
