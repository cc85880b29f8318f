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
 * As little as a Vert.x server can do: a clock's thread tells each event loop the time, which
 * writes it as one event to each of its connections.
 */
final class BareLoop {

  private static final int LOOPS = 2;
  private static final String HEAD =
      "data: {\"id\":\"cmpl-0123456789abcdefghijklmn\",\"object\":\"text_completion\",\"created\":"
          + "1795546630,\"model\":\"bench\",\"system_fingerprint\":\"slinfer-emulated\",\"choices\":["
          + "{\"index\":0,\"text\":\"t";
  private static final String TAIL = "\",\"logprobs\":null,\"finish_reason\":null}]}\n\n";

  private final List<Loop> loops = new CopyOnWriteArrayList<>();
  private int port;

  /** The port it listens on. */
  int port() {
    return port;
  }

  static BareLoop start(Vertx vertx, int streams, long everyNanos) {
    BareLoop bare = new BareLoop();
    for (int i = 0; i < LOOPS; i++) {
      Loop loop = bare.new Loop();
      vertx.deployVerticle(loop, new DeploymentOptions()).await();
      bare.loops.add(loop);
    }
    ScheduledExecutorService clock =
        Executors.newSingleThreadScheduledExecutor(
            task -> Thread.ofPlatform().daemon().name("bare-clock").unstarted(task));
    clock.scheduleAtFixedRate(bare::tick, everyNanos, everyNanos, TimeUnit.NANOSECONDS);
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

    @Override
    public Future<?> start() {
      owner = context;
      return vertx
          .createHttpServer(new HttpServerOptions().setHost("127.0.0.1").setPort(-1))
          .requestHandler(
              request -> {
                HttpServerResponse response = request.response();
                response.setChunked(true).putHeader("content-type", "text/event-stream");
                response.closeHandler(nothing -> responses.remove(response));
                request.endHandler(nothing -> responses.add(response));
              })
          .listen()
          .onSuccess(server -> port = server.actualPort());
    }

    private void write(int micros) {
      for (HttpServerResponse response : responses) {
        response.write(HEAD + micros + TAIL);
      }
    }
  }
}
