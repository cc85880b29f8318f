package io.slinfer.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.slinfer.config.ApiKey;
import io.slinfer.config.HttpSettings;
import io.slinfer.gateway.Gateway;
import io.slinfer.gateway.RefusedException;
import io.slinfer.metrics.ServingMeters;
import io.slinfer.request.Failure;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The paths of one event loop's server, each with its method; others are 405. */
public final class Routes {

  private static final Logger LOG = LoggerFactory.getLogger(Routes.class);

  private final Router router;
  private final Gateway gateway;
  private final LiveAnswers live;
  private final HttpSettings settings;
  private final ServingMeters meters;
  private final Map<String, String> methods = new TreeMap<>();
  private Handler<RoutingContext> gate;
  private final KeyGate keys;
  private Function<ErrorAnswer, String> errors = ErrorAnswer::json;
  private boolean anyMedia;

  Routes(
      Router router,
      Gateway gateway,
      LiveAnswers live,
      HttpSettings settings,
      ServingMeters meters) {
    this.live = live;
    this.router = router;
    this.keys = new KeyGate(new ApiKeys(settings.apiKeys()));
    this.gate = keys;
    this.gateway = gateway;
    this.settings = settings;
    this.meters = meters;
  }

  /** An answer to a POST, as JSON text. */
  @FunctionalInterface
  public interface JsonCall {

    /**
     * Answers, or fails with {@link BadRequest} or {@link RefusedException}.
     *
     * @throws BadRequest naming the field that is wrong
     */
    Future<String> answer(JsonNode body, Caller caller);
  }

  /** An answer to a call about one thing. */
  @FunctionalInterface
  public interface ResourceCall {

    /**
     * Answers, or fails with {@link BadRequest} or {@link RefusedException}.
     *
     * @param id what stands in the path for {@code :id}; null if the path has no such place
     * @param body an empty object where the method has no body, or none came
     */
    Future<JsonNode> answer(String id, JsonNode body);
  }

  /** Adds a path with methods of its own, each answering JSON; {@code :id} in it is a name. */
  public void resource(String path, Map<HttpMethod, ResourceCall> calls) {
    prepare(path);
    calls.forEach(
        (method, call) -> {
          methods.merge(path, method.name(), (one, other) -> one + " " + other);
          if (method == HttpMethod.POST) {
            readBodies(path, BodyForm::requireJson);
          }
          router.route(method, path).handler(routing -> answer(routing, call));
        });
    String allow =
        calls.keySet().stream().map(HttpMethod::name).sorted().collect(Collectors.joining(", "));
    router
        .route(path)
        .handler(
            routing -> {
              routing.response().putHeader(HttpHeaders.ALLOW, allow);
              routing.fail(405);
            });
  }

  private void answer(RoutingContext routing, ResourceCall call) {
    boolean isEmpty = routing.body() == null || routing.body().length() <= 0;
    Future<JsonNode> body =
        isEmpty
            ? Future.succeededFuture(JsonNodeFactory.instance.objectNode())
            : JsonBody.read(routing, read -> read);
    body.compose(read -> call.answer(routing.pathParam("id"), read))
        .onSuccess(answer -> json(routing, answer.toString()))
        .onFailure(failure -> refuse(routing, failure, meters));
  }

  /** Adds paths for which one of these keys is asked, or none if there is none. */
  public void guarded(List<ApiKey> ownKeys, Runnable paths) {
    gate = new KeyGate(new ApiKeys(ownKeys));
    paths.run();
    gate = keys;
  }

  /** The gateway of this event loop. */
  public Gateway gateway() {
    return gateway;
  }

  /** Adds a group of paths, whose errors have this body; from here on as before. */
  void mount(Surface surface) {
    errors = ErrorAnswer::json;
    anyMedia = false;
    surface.mount(this);
    errors = ErrorAnswer::json;
    anyMedia = false;
  }

  /** Errors of the paths that this surface adds from now on have this body. */
  public void errorsAs(Function<ErrorAnswer, String> body) {
    errors = body;
  }

  /** Errors of all paths that begin so, also of those that do not exist, have this body. */
  public void errorsUnder(String prefix, Function<ErrorAnswer, String> body) {
    router
        .route(prefix + "*")
        .handler(
            routing -> {
              ErrorShape.use(routing, body);
              routing.next();
            });
  }

  /** POSTs that this surface adds from now on are JSON whatever their Content-Type says. */
  public void takeAnyMedia() {
    anyMedia = true;
  }

  /** Adds paths for which no key is asked. */
  void open(Runnable paths) {
    gate = RoutingContext::next;
    paths.run();
    gate = keys;
  }

  /** Adds a GET that answers JSON at once. */
  public void get(String path, Function<Caller, String> answer) {
    route(path, HttpMethod.GET, routing -> json(routing, answer.apply(Caller.of(routing))));
  }

  /** Adds a GET that answers the same to everybody, without a key. */
  public void page(String path, String contentType, String text) {
    open(
        () ->
            route(
                path,
                HttpMethod.GET,
                routing ->
                    routing
                        .response()
                        .putHeader("content-type", contentType)
                        .putHeader("cache-control", "no-cache")
                        .putHeader(
                            "content-security-policy", "default-src 'self'; img-src 'self' data:")
                        .putHeader("x-content-type-options", "nosniff")
                        .end(text)));
  }

  /** Adds a GET that answers JSON later. */
  public void getLater(String path, Function<Caller, Future<String>> answer) {
    route(
        path,
        HttpMethod.GET,
        routing ->
            answer
                .apply(Caller.of(routing))
                .onSuccess(json -> json(routing, json))
                .onFailure(failure -> refuse(routing, failure, meters)));
  }

  /** Adds a POST of JSON. */
  public void post(String path, JsonCall call) {
    withBody(
        path,
        routing ->
            JsonBody.read(routing, body -> body)
                .compose(body -> call.answer(body, Caller.of(routing)))
                .onSuccess(answer -> json(routing, answer))
                .onFailure(failure -> refuse(routing, failure, meters)));
  }

  /** Adds a POST that generates. */
  public void chat(String path, ChatDialect dialect) {
    Function<ErrorAnswer, String> before = errors;
    errors = dialect::error;
    withBody(path, new DialectRoute(dialect, gateway, live, settings, meters));
    errors = before;
  }

  /** Adds a POST that answers embeddings. */
  public void embeddings(String path, EmbeddingDialect dialect) {
    Function<ErrorAnswer, String> before = errors;
    errors = dialect::error;
    withBody(path, new EmbeddingRoute(dialect, gateway, live, meters));
    errors = before;
  }

  /** Adds a POST whose handler finds the body read. */
  void withBody(String path, Handler<RoutingContext> handler) {
    prepare(path);
    router.route(HttpMethod.POST, path).handler(this::refuseWhenDraining);
    readBodies(path, anyMedia ? BodyForm::takeAsJson : BodyForm::requireJson);
    finish(path, HttpMethod.POST, handler);
  }

  /** Reads the bodies of a path's POSTs; one that is too long by its head is not asked for. */
  private void readBodies(String path, Handler<RoutingContext> media) {
    router.route(HttpMethod.POST, path).handler(media);
    router.route(HttpMethod.POST, path).handler(BodyForm::requireReadable);
    router
        .route(HttpMethod.POST, path)
        .handler(BodyHandler.create(false).setBodyLimit(settings.maxBodyBytes()));
  }

  /** Adds a path with one method. */
  void route(String path, HttpMethod method, Handler<RoutingContext> handler) {
    prepare(path);
    finish(path, method, handler);
  }

  private void prepare(String path) {
    Function<ErrorAnswer, String> shape = errors;
    router
        .route(path)
        .handler(
            routing -> {
              ErrorShape.use(routing, shape);
              routing.next();
            });
    router.route(path).handler(gate);
  }

  private void finish(String path, HttpMethod method, Handler<RoutingContext> handler) {
    methods.put(path, method.name());
    router.route(method, path).handler(handler);
    String allow = method == HttpMethod.GET ? "GET, HEAD" : method.name();
    if (method == HttpMethod.GET) {
      router.route(HttpMethod.HEAD, path).handler(handler);
    }
    router
        .route(path)
        .handler(
            routing -> {
              routing.response().putHeader(HttpHeaders.ALLOW, allow);
              routing.fail(405);
            });
  }

  /** Every path with its method, in order. */
  Map<String, String> methods() {
    return methods;
  }

  /** Answers a request that could not be read or served. */
  static void refuse(RoutingContext routing, Throwable failure, ServingMeters meters) {
    switch (failure) {
      case BadRequest refusal -> {
        meters.refused("invalid");
        ErrorShape.send(routing, ErrorAnswer.of(refusal.failure()));
      }
      case RefusedException refusal -> ErrorShape.send(routing, ErrorAnswer.of(refusal.failure()));
      case ForbiddenModel refusal -> ErrorShape.send(routing, refusal.answer());
      default -> {
        LOG.error("a request failed", failure);
        ErrorShape.send(
            routing, ErrorAnswer.of(new Failure.Internal("reading the request failed")));
      }
    }
  }

  private static void json(RoutingContext routing, String body) {
    routing.response().putHeader("content-type", "application/json").end(body);
  }

  private void refuseWhenDraining(RoutingContext routing) {
    if (live.draining()) {
      CommonHeaders.closeAfter(routing.response());
      meters.refused("draining");
      ErrorShape.send(routing, ErrorAnswer.of(LiveAnswers.stopping()));
    } else {
      routing.next();
    }
  }
}
