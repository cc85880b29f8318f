package io.slinfer.http;

import io.slinfer.metrics.ServingMeters;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;

/** Gives every answer its request id and timing, and counts repeated requests. */
final class CommonHeaders implements Handler<RoutingContext> {

  private static final String API_VERSION = "2020-10-01";
  private static final int MAX_ID_LENGTH = 128;

  private final ServingMeters meters;
  private final String engine;

  /**
   * @param engine kind of engine that makes the answers
   */
  CommonHeaders(ServingMeters meters, String engine) {
    this.meters = meters;
    this.engine = engine;
  }

  @Override
  public void handle(RoutingContext routing) {
    long arrivalNanos = System.nanoTime();
    String id = requestId(routing.request());
    boolean anthropic = routing.request().path().startsWith("/v1/messages");
    routing.addHeadersEndHandler(
        nothing ->
            routing
                .response()
                .putHeader("x-request-id", id)
                .putHeader(anthropic ? "request-id" : "x-request-id", id)
                .putHeader("openai-version", API_VERSION)
                .putHeader("x-slinfer-engine", engine)
                .putHeader(
                    "openai-processing-ms",
                    Long.toString((System.nanoTime() - arrivalNanos) / 1_000_000)));
    int retry = retryCount(routing.request().getHeader("x-stainless-retry-count"));
    if (retry > 0) {
      meters.retried(retry);
    }
    routing.next();
  }

  /** The connection ends with this answer; HTTP/2 has no such header, and clients refuse it. */
  static void closeAfter(HttpServerResponse response) {
    if (response.streamId() < 0) {
      response.putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
    }
  }

  /** Says that the answer waited for its model to be loaded; after the head it is too late. */
  static void markColdStart(HttpServerResponse response) {
    if (!response.headWritten()) {
      response.putHeader("x-slinfer-cold-start", "true");
    }
  }

  /** How often OpenAI's clients have sent the request before; 0 if they do not say. */
  private static int retryCount(String header) {
    return header != null && header.matches("[0-9]{1,4}") ? Integer.parseInt(header) : 0;
  }

  /** The caller's own id if it is a short plain word, else a new one. */
  private static String requestId(HttpServerRequest request) {
    String own = request.getHeader("x-client-request-id");
    if (own == null) {
      own = request.getHeader("x-request-id");
    }
    boolean usable =
        own != null
            && !own.isEmpty()
            && own.length() <= MAX_ID_LENGTH
            && own.chars().allMatch(letter -> letter > ' ' && letter < 127);
    return usable ? own : Ids.next("req_");
  }
}
