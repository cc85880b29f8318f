package io.slinfer.http;

import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.function.Function;

/** Writes errors in the form of the API that a path belongs to. */
final class ErrorShape {

  private static final String KEY = "slinfer.errors";

  private ErrorShape() {}

  /** From here on the errors of this request have this body. */
  static void use(RoutingContext routing, Function<ErrorAnswer, String> body) {
    routing.put(KEY, body);
  }

  /** Sends an error as the whole answer. */
  static void send(RoutingContext routing, ErrorAnswer error) {
    Function<ErrorAnswer, String> body = routing.get(KEY);
    HttpServerResponse response = routing.response();
    error.send(response, body == null ? error.json() : body.apply(error));
  }
}
