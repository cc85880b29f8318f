package io.slinfer.http;

import io.slinfer.config.AdminSettings;
import io.slinfer.config.HttpSettings;
import io.slinfer.metrics.ServingMeters;
import io.slinfer.request.Failure;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Map;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Serves what is for operators on a port of its own, on one event loop. */
public final class AdminVerticle extends VerticleBase {

  private static final Logger LOG = LoggerFactory.getLogger(AdminVerticle.class);

  /** Names that no other machine's name server can give this machine. */
  private static final Pattern OWN_NAMES =
      Pattern.compile("(localhost|127(\\.[0-9]+){3}|\\[::1\\])(:[0-9]+)?");

  private final HttpSettings settings;
  private final Surface surface;
  private final ServingMeters meters;
  private final String engine;
  private Map<String, String> paths;
  private HttpServer server;

  /**
   * @param surface what it serves
   * @param engine kind of the node's engines
   */
  public AdminVerticle(
      HttpSettings settings, Surface surface, ServingMeters meters, String engine) {
    this.settings = settings;
    this.surface = surface;
    this.meters = meters;
    this.engine = engine;
  }

  @Override
  public Future<?> start() {
    AdminSettings admin = settings.admin();
    HttpServerOptions options =
        new HttpServerOptions().setHost(admin.host()).setPort(admin.port()).setTcpNoDelay(true);
    if (settings.tls() != null) {
      options
          .setSsl(true)
          .setKeyCertOptions(
              new PemKeyCertOptions()
                  .setCertPath(settings.tls().certificate().toString())
                  .setKeyPath(settings.tls().key().toString()));
    }
    Router router = Router.router(vertx);
    router.route().handler(new CommonHeaders(meters, engine));
    if (admin.keys().isEmpty()) {
      router.route().handler(AdminVerticle::refuseOtherNames);
    }
    Routes routes =
        new Routes(
            router,
            null,
            new LiveAnswers(vertx, settings.requestTimeoutMillis()),
            settings,
            meters);
    routes.mount(surface);
    paths = routes.methods();
    router.route().handler(routing -> routing.fail(404));
    router.route().failureHandler(AdminVerticle::failed);
    server =
        vertx.createHttpServer(options).requestHandler(InvalidRequests.unlessPathIsBroken(router));
    return server.listen();
  }

  /** The port it listens on, once started. */
  public int port() {
    return server.actualPort();
  }

  /** Every path with its methods. */
  public Map<String, String> paths() {
    return paths;
  }

  /** A web page that gave its own name this machine's address is no operator. */
  private static void refuseOtherNames(RoutingContext routing) {
    String host = routing.request().getHeader(HttpHeaders.HOST);
    if (host != null && !OWN_NAMES.matcher(host).matches()) {
      ErrorAnswer.refusal(
              403, "The host is " + host + "; allowed without a key: localhost.", "forbidden")
          .send(routing.response());
    } else {
      routing.next();
    }
  }

  private static void failed(RoutingContext routing) {
    String what = routing.request().method() + " " + routing.request().path();
    int status = routing.statusCode();
    if (status == 500 || status < 0) {
      LOG.error("{} failed", what, routing.failure());
      ErrorAnswer.of(new Failure.Internal("an internal error")).send(routing.response());
      return;
    }
    String message =
        switch (status) {
          case 404 -> "Unknown path: " + what;
          case 405 ->
              what
                  + " is not allowed; allowed: "
                  + routing.response().headers().get(HttpHeaders.ALLOW);
          case 415 -> "The body must be application/json.";
          default -> "The request is malformed.";
        };
    ErrorAnswer.refusal(status, message, null).send(routing.response());
  }
}
