package io.slinfer.http;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.util.Locale;

/** Refuses bodies by what the head says of them, before they are read. */
final class BodyForm {

  private static final String PLAIN = "identity";
  private static final String CONTINUE = "100-continue";

  private BodyForm() {}

  /** Some callers (curl -d) name another type than they send. */
  static void takeAsJson(RoutingContext routing) {
    routing.request().headers().set(HttpHeaders.CONTENT_TYPE, "application/json");
    routing.next();
  }

  /** Lets JSON pass, also where no type is named. */
  static void requireJson(RoutingContext routing) {
    String type = routing.request().getHeader(HttpHeaders.CONTENT_TYPE);
    String media = type == null ? "application/json" : type.split(";", 2)[0].strip();
    if (media.equalsIgnoreCase("application/json")
        || media.toLowerCase(Locale.ROOT).endsWith("+json")) {
      routing.next();
    } else {
      routing.fail(415);
    }
  }

  /** Lets bodies pass that are not packed, and for which nothing unknown is expected first. */
  static void requireReadable(RoutingContext routing) {
    HttpServerRequest request = routing.request();
    String encoding = String.join(", ", request.headers().getAll(HttpHeaders.CONTENT_ENCODING));
    String expected = request.getHeader(HttpHeaders.EXPECT);
    if (!encoding.isBlank() && !encoding.strip().equalsIgnoreCase(PLAIN)) {
      routing.response().putHeader(HttpHeaders.ACCEPT_ENCODING, PLAIN);
      ErrorShape.send(
          routing,
          ErrorAnswer.refusal(
              415,
              "Content-Encoding is " + encoding + "; allowed: " + PLAIN + ".",
              "unsupported_content_encoding"));
    } else if (expected != null && !expected.equalsIgnoreCase(CONTINUE)) {
      ErrorShape.send(
          routing,
          ErrorAnswer.refusal(
              417, "Expect is " + expected + "; allowed: " + CONTINUE + ".", "expectation_failed"));
    } else {
      routing.next();
    }
  }
}
