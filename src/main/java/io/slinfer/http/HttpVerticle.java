package io.slinfer.http;

import io.slinfer.config.HttpSettings;
import io.slinfer.gateway.Gateway;
import io.slinfer.gateway.ModelCatalogue;
import io.slinfer.http.GenerationRoute.Endpoint;
import io.slinfer.metrics.ServingMeters;
import io.slinfer.request.Failure;
import io.slinfer.request.ModelId;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.VertxException;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves the HTTP surface on one event loop; instances of it share the port. Paths and methods are
 * all here.
 */
public final class HttpVerticle extends VerticleBase {

  private static final Logger LOG = LoggerFactory.getLogger(HttpVerticle.class);
  private static final int MAX_HEADER_BYTES = 32 << 10;

  /** How long the last bytes may take to leave after the last answer has ended. */
  private static final long FLUSH_MILLIS = 2_000;

  private static final int SEND_BUFFER_BYTES = 128 << 10;

  private final Services services;
  private LiveAnswers live;
  private Map<String, String> paths;
  private HttpServer server;

  /**
   * What it serves with, shared by all instances.
   *
   * @param gateways makes the gateway of an event loop, on that event loop
   * @param ready whether requests can be served
   * @param engine kind of engine that makes the answers; each answer names it
   * @param states how a model stands, in one word; any thread
   * @param surfaces further paths
   * @param slowHeads watches the connections of the Vert.x that this runs on
   */
  public record Services(
      HttpSettings settings,
      ModelCatalogue catalogue,
      Function<Context, Gateway> gateways,
      BooleanSupplier ready,
      ServingMeters meters,
      String engine,
      Function<ModelId, String> states,
      List<Surface> surfaces,
      SlowHeads slowHeads) {

    String fingerprint() {
      return "slinfer-" + engine;
    }
  }

  public HttpVerticle(Services services) {
    this.services = services;
  }

  @Override
  public Future<?> start() {
    HttpSettings settings = services.settings;
    // Vert.x: instances share a random port only if it is given as negative.
    int port = settings.port() == 0 ? -1 : settings.port();
    HttpServerOptions options =
        new HttpServerOptions()
            .setHost(settings.host())
            .setPort(port)
            .setTcpNoDelay(true)
            .setIdleTimeout(Math.toIntExact(settings.idleTimeoutMillis()))
            .setIdleTimeoutUnit(TimeUnit.MILLISECONDS)
            .setSendBufferSize(SEND_BUFFER_BYTES)
            .setMaxHeaderSize(MAX_HEADER_BYTES)
            .setMaxInitialLineLength(MAX_HEADER_BYTES);
    if (settings.tls() != null) {
      options
          .setSsl(true)
          .setUseAlpn(true)
          .setKeyCertOptions(
              new PemKeyCertOptions()
                  .setCertPath(settings.tls().certificate().toString())
                  .setKeyPath(settings.tls().key().toString()));
    }
    live = new LiveAnswers(vertx, settings.requestTimeoutMillis());
    server =
        vertx
            .createHttpServer(options)
            .requestHandler(InvalidRequests.unlessPathIsBroken(router()))
            .invalidRequestHandler(new InvalidRequests(MAX_HEADER_BYTES))
            .connectionHandler(
                connection ->
                    connection.exceptionHandler(
                        failure -> LOG.debug("a connection broke off: {}", failure.getMessage())));
    return server.listen().onSuccess(listening -> services.slowHeads.watch(listening.actualPort()));
  }

  /**
   * Refuses new work from now on; completes when what was under way has ended, with an error where
   * it took longer than the settings allow. Connections stay open. Any thread.
   */
  public Future<Void> drain() {
    Promise<Void> done = Promise.promise();
    context.runOnContext(
        nothing -> {
          if (live.size() > 0) {
            LOG.info("stopping: {} answers are under way", live.size());
          }
          Future<Void> drained = live.drain();
          long timer =
              vertx.setTimer(Math.max(1, services.settings.drainMillis()), fired -> live.stop());
          drained.onComplete(ended -> vertx.cancelTimer(timer)).onComplete(done);
        });
    return done.future();
  }

  /**
   * Closes the connections, once every verticle of the port has drained: a new connection may reach
   * any of them. Any thread.
   */
  public Future<Void> shutdown() {
    Promise<Void> done = Promise.promise();
    context.runOnContext(
        nothing -> server.shutdown(FLUSH_MILLIS, TimeUnit.MILLISECONDS).onComplete(done));
    return done.future();
  }

  /** The port it listens on, once started. */
  public int port() {
    return server.actualPort();
  }

  /** Every path with its method. */
  public Map<String, String> paths() {
    return paths;
  }

  private Router router() {
    Router router = Router.router(vertx);
    router.route().handler(services.slowHeads::headArrived);
    router.route().handler(new CommonHeaders(services.meters, services.engine));
    router.route().handler(new CrossOrigin(services.settings.corsOrigins()));
    Routes routes =
        new Routes(
            router, services.gateways.apply(context), live, services.settings, services.meters);
    routes.open(
        () -> {
          routes.route("/health", HttpMethod.GET, HttpVerticle::alive);
          routes.route("/health/live", HttpMethod.GET, HttpVerticle::alive);
          routes.route("/health/ready", HttpMethod.GET, this::ready);
          routes.route("/metrics", HttpMethod.GET, this::metrics);
        });
    ModelRoutes models = new ModelRoutes(services.catalogue, services.states);
    routes.route(ModelRoutes.PATH, HttpMethod.GET, models::list);
    routes.route(ModelRoutes.PATH + "/*", HttpMethod.GET, models::one);
    generation(routes, "/v1/chat/completions", Endpoint.CHAT);
    generation(routes, "/v1/completions", Endpoint.TEXT);
    routes.embeddings("/v1/embeddings", new OpenAiEmbeddings());
    services.surfaces.forEach(routes::mount);
    paths = routes.methods();
    router.route("/v1/*").handler(new KeyGate(new ApiKeys(services.settings.apiKeys())));
    router.route().handler(routing -> routing.fail(404));
    router.route().failureHandler(this::failed);
    return router;
  }

  private void generation(Routes routes, String path, Endpoint endpoint) {
    routes.withBody(
        path,
        new GenerationRoute(
            endpoint,
            routes.gateway(),
            live,
            services.settings,
            services.meters,
            services.fingerprint()));
  }

  private static void alive(RoutingContext routing) {
    routing.response().putHeader("content-type", "application/json").end("{\"status\":\"ok\"}");
  }

  private void ready(RoutingContext routing) {
    if (live.draining()) {
      ErrorAnswer.of(LiveAnswers.stopping()).send(routing.response());
    } else if (services.ready.getAsBoolean()) {
      alive(routing);
    } else {
      ErrorAnswer.of(new Failure.Unavailable("no model can be served yet", "model_loading", 1_000))
          .send(routing.response());
    }
  }

  private void metrics(RoutingContext routing) {
    vertx
        .executeBlocking(services.meters::text, false)
        .onSuccess(
            text ->
                routing
                    .response()
                    .putHeader("content-type", "text/plain; version=0.0.4; charset=utf-8")
                    .end(text))
        .onFailure(routing::fail);
  }

  /**
   * A head that the router found wanting, a connection that broke off inside a body, or a body that
   * is no HTTP, such as bad chunks.
   */
  private static void refuseBrokenHttp(RoutingContext routing) {
    LOG.debug("a request could not be read", routing.failure());
    CommonHeaders.closeAfter(routing.response());
    String message =
        routing.failure() instanceof VertxException head
            ? "The request is not valid HTTP: " + head.getMessage() + "."
            : "The body is not valid HTTP.";
    ErrorShape.send(routing, ErrorAnswer.refusal(400, message, "malformed_http"));
  }

  private void failed(RoutingContext routing) {
    if (routing.response().closed() || routing.failure() instanceof HttpClosedException) {
      LOG.debug("a caller went away", routing.failure());
      return;
    }
    if (routing.failure() != null && !routing.request().isEnded()) {
      refuseBrokenHttp(routing);
      return;
    }
    if (routing.response().headWritten()) {
      LOG.error("a request failed after its head was sent", routing.failure());
      routing.response().reset();
      return;
    }
    String what = routing.request().method() + " " + routing.request().path();
    ErrorAnswer answer =
        switch (routing.statusCode()) {
          case 400 -> ErrorAnswer.refusal(400, "The request is malformed.", null);
          case 404 -> ErrorAnswer.refusal(404, "Unknown path: " + what, "unknown_url");
          case 405 ->
              ErrorAnswer.refusal(
                  405,
                  what
                      + " is not allowed; allowed: "
                      + routing.response().headers().get(HttpHeaders.ALLOW),
                  "method_not_allowed");
          case 413 -> {
            CommonHeaders.closeAfter(routing.response());
            yield ErrorAnswer.refusal(
                413,
                "The body is longer than the "
                    + services.settings.maxBodyBytes()
                    + " bytes that are allowed.",
                "body_too_large");
          }
          case 415 ->
              ErrorAnswer.refusal(
                  415,
                  "Content-Type is "
                      + routing.request().getHeader(HttpHeaders.CONTENT_TYPE)
                      + "; allowed: application/json.",
                  "unsupported_media_type");
          default -> {
            LOG.error("{} failed", what, routing.failure());
            yield ErrorAnswer.of(new Failure.Internal("an internal error"));
          }
        };
    ErrorShape.send(routing, answer);
  }
}
