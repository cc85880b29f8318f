package io.slinfer.bench;

import io.vertx.core.Context;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * As little as a Vert.x server can do: each event loop writes the time as an event to each of its
 * connections, either when a clock's thread says so, or as often as the readers take it.
 */
final class BareLoop {

  private static final int LOOPS = 2;

  /**
   * Without a clock: the gateway joins the events of 5 ms, 17 at 900,000 tokens a second over 256
   * connections, and tells at most 32 a turn.
   */
  private static final int EVENTS_A_WRITE = 16;

  private static final int CONNECTIONS_A_TURN = 32;
  private static final int WRITE_QUEUE_BYTES = 64 << 10;
  private static final String HEAD =
      "data: {\"id\":\"cmpl-0123456789abcdefghijklmn\",\"object\":\"text_completion\",\"created\":"
          + "1795546630,\"model\":\"bench\",\"system_fingerprint\":\"slinfer-emulated\",\"choices\":["
          + "{\"index\":0,\"text\":\"t";
  private static final String TAIL = "\",\"logprobs\":null,\"finish_reason\":null}]}\n\n";

  private final List<Loop> loops = new CopyOnWriteArrayList<>();
  private final boolean paced;
  private int port;

  private BareLoop(boolean paced) {
    this.paced = paced;
  }

  /** The port it listens on. */
  int port() {
    return port;
  }

  /** One that writes an event to each connection whenever so much time has passed. */
  static BareLoop paced(Vertx vertx, long everyNanos) {
    BareLoop bare = deployed(vertx, true);
    ScheduledExecutorService clock =
        Executors.newSingleThreadScheduledExecutor(
            task -> Thread.ofPlatform().daemon().name("bare-clock").unstarted(task));
    clock.scheduleAtFixedRate(bare::tick, everyNanos, everyNanos, TimeUnit.NANOSECONDS);
    return bare;
  }

  /** One that writes to each connection as much as its reader takes. */
  static BareLoop timeless(Vertx vertx) {
    return deployed(vertx, false);
  }

  private static BareLoop deployed(Vertx vertx, boolean paced) {
    BareLoop bare = new BareLoop(paced);
    for (int i = 0; i < LOOPS; i++) {
      Loop loop = bare.new Loop();
      vertx.deployVerticle(loop, new DeploymentOptions()).await();
      bare.loops.add(loop);
    }
    return bare;
  }

  private void tick() {
    int micros = TimedTokens.nowMicros();
    loops.forEach(loop -> loop.owner.runOnContext(nothing -> loop.write(micros)));
  }

  /** One event loop and its connections. */
  private final class Loop extends VerticleBase {

    private final List<HttpServerResponse> responses = new ArrayList<>();
    private volatile Context owner;
    private boolean turning;
    private int next;

    @Override
    public Future<?> start() {
      owner = context;
      // Loops that ask for the same negative port share one.
      return vertx
          .createHttpServer(new HttpServerOptions().setHost("127.0.0.1").setPort(paced ? -1 : -2))
          .requestHandler(
              request -> {
                HttpServerResponse response = request.response();
                response.setChunked(true).putHeader("content-type", "text/event-stream");
                response.closeHandler(nothing -> responses.remove(response));
                response.setWriteQueueMaxSize(WRITE_QUEUE_BYTES);
                request.endHandler(nothing -> add(response));
              })
          .listen()
          .onSuccess(server -> port = server.actualPort());
    }

    private void add(HttpServerResponse response) {
      responses.add(response);
      if (!paced && !turning) {
        turning = true;
        turn();
      }
    }

    private void turn() {
      String events = (HEAD + TimedTokens.nowMicros() + TAIL).repeat(EVENTS_A_WRITE);
      for (int i = 0; i < Math.min(CONNECTIONS_A_TURN, responses.size()); i++) {
        HttpServerResponse response = responses.get(next++ % responses.size());
        if (!response.writeQueueFull()) {
          response.write(events);
        }
      }
      turning = !responses.isEmpty();
      if (turning) {
        owner.runOnContext(nothing -> turn());
      }
    }

    private void write(int micros) {
      for (HttpServerResponse response : responses) {
        response.write(HEAD + micros + TAIL);
      }
    }
  }
}
