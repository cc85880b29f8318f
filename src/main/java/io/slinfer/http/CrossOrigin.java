package io.slinfer.http;

import io.vertx.core.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Tells browsers which web pages may read the answers. It refuses nothing: without a word from the
 * server a browser keeps the answer from a page of another origin, and other callers have none.
 */
final class CrossOrigin implements Handler<RoutingContext> {

  private static final String ALL = "*";
  private static final String METHODS = "GET,POST,OPTIONS";
  private static final String EXPOSED =
      String.join(
          ",",
          "x-request-id",
          "request-id",
          "openai-processing-ms",
          "x-slinfer-engine",
          "x-slinfer-cold-start",
          "x-should-retry",
          "retry-after",
          "retry-after-ms",
          "x-ratelimit-limit-requests",
          "x-ratelimit-remaining-requests",
          "x-ratelimit-reset-requests");

  /** An origin with the port that browsers leave out. */
  private static final Pattern USUAL_PORT = Pattern.compile("(http://.+):80|(https://.+):443");

  private final Set<String> origins;

  /**
   * @param origins of the pages that may; {@code *} means all
   */
  CrossOrigin(List<String> origins) {
    this.origins = origins.stream().map(CrossOrigin::normal).collect(Collectors.toSet());
  }

  @Override
  public void handle(RoutingContext routing) {
    HttpServerRequest request = routing.request();
    HttpServerResponse response = routing.response();
    String origin = request.getHeader(HttpHeaders.ORIGIN);
    boolean all = origins.contains(ALL);
    if (!all) {
      response.headers().add(HttpHeaders.VARY, HttpHeaders.ORIGIN);
    }
    boolean allowed = origin != null && (all || origins.contains(normal(origin)));
    if (allowed) {
      response.putHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN, all ? ALL : origin);
    }
    if (origin != null
        && request.method() == HttpMethod.OPTIONS
        && request.headers().contains(HttpHeaders.ACCESS_CONTROL_REQUEST_METHOD)) {
      if (allowed) {
        allowCall(request, response);
      }
      response.setStatusCode(204).end();
      return;
    }
    if (allowed) {
      response.putHeader(HttpHeaders.ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
    routing.next();
  }

  /** Answers a browser that asks before it calls: all headers that the page wants to send. */
  private static void allowCall(HttpServerRequest request, HttpServerResponse response) {
    response.putHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    String headers = request.getHeader(HttpHeaders.ACCESS_CONTROL_REQUEST_HEADERS);
    if (headers != null) {
      response.putHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_HEADERS, headers);
      response.headers().add(HttpHeaders.VARY, HttpHeaders.ACCESS_CONTROL_REQUEST_HEADERS);
    }
  }

  private static String normal(String origin) {
    String lower = origin.toLowerCase(Locale.ROOT);
    Matcher usual = USUAL_PORT.matcher(lower);
    return usual.matches() ? usual.replaceFirst("$1$2") : lower;
  }
}
