package io.slinfer.http;

import io.slinfer.request.Failure;
import io.vertx.core.http.HttpServerResponse;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.Map;

/**
 * An error as callers get it: status, the four keys of the body, retry headers.
 *
 * @param param the offending field; null if none
 * @param code a stable word; null if none
 * @param headers whether and when to try again, and the limit that was met
 */
public record ErrorAnswer(
    int status,
    String message,
    String type,
    String param,
    String code,
    Map<String, String> headers) {

  private static final String INVALID = "invalid_request_error";
  private static final String LIMIT = "rate_limit_error";
  private static final String SERVER = "server_error";
  private static final long MAX_RETRY_MILLIS = 60_000;
  private static final Map<String, String> NEVER = Map.of("x-should-retry", "false");

  public ErrorAnswer {
    headers = Map.copyOf(headers);
  }

  /** The only mapping of failures to statuses. */
  static ErrorAnswer of(Failure failure) {
    return switch (failure) {
      case Failure.Invalid(String message, String field, String code) ->
          new ErrorAnswer(400, message, INVALID, field, code, NEVER);
      case Failure.NotFound(String message, String field, String code) ->
          new ErrorAnswer(404, message, INVALID, field, code, NEVER);
      case Failure.Overloaded overloaded ->
          new ErrorAnswer(
              429, overloaded.message(), LIMIT, null, overloaded.reason(), limit(overloaded));
      case Failure.Unattainable(String message) ->
          new ErrorAnswer(429, message, LIMIT, null, failure.reasonWord(), NEVER);
      case Failure.Unavailable(String message, String reason, long millis) ->
          new ErrorAnswer(503, message, SERVER, null, reason, retry(millis));
      case Failure.Cancelled(String message) ->
          new ErrorAnswer(499, message, INVALID, null, "cancelled", NEVER);
      case Failure.Internal(String message) ->
          new ErrorAnswer(500, message, SERVER, null, "internal_error", NEVER);
    };
  }

  /** A refusal of a request by its form. */
  static ErrorAnswer refusal(int status, String message, String code) {
    return new ErrorAnswer(status, message, INVALID, null, code, NEVER);
  }

  /** An error with the field at fault. */
  ErrorAnswer about(String field) {
    return new ErrorAnswer(status, message, type, field, code, headers);
  }

  /** The body, also that of a stream's error event. */
  public String json() {
    return "{\"error\":{\"message\":"
        + AnswerFormat.quoted(message)
        + ",\"type\":\""
        + type
        + "\",\"param\":"
        + (param == null ? "null" : AnswerFormat.quoted(param))
        + ",\"code\":"
        + (code == null ? "null" : AnswerFormat.quoted(code))
        + "}}";
  }

  /** Sends it as the whole answer. */
  void send(HttpServerResponse response) {
    send(response, json());
  }

  /** Sends it as the whole answer, with a body in another form. */
  void send(HttpServerResponse response, String body) {
    if (response.ended() || response.closed()) {
      return;
    }
    response.setStatusCode(status).putHeader("content-type", "application/json");
    headers.forEach(response::putHeader);
    response.end(body);
  }

  private static Map<String, String> retry(long afterMillis) {
    long millis = Math.clamp(afterMillis, 1, MAX_RETRY_MILLIS);
    return Map.of(
        "x-should-retry",
        "true",
        "retry-after",
        Long.toString(Math.ceilDiv(millis, 1_000L)),
        "retry-after-ms",
        Long.toString(millis));
  }

  private static Map<String, String> limit(Failure.Overloaded overloaded) {
    Map<String, String> headers = new HashMap<>(retry(overloaded.retryAfterMillis()));
    headers.put("x-ratelimit-limit-requests", Integer.toString(overloaded.limitRequests()));
    headers.put("x-ratelimit-remaining-requests", "0");
    headers.put("x-ratelimit-reset-requests", duration(overloaded.resetMillis()));
    return headers;
  }

  /** A duration as OpenAI writes it: {@code 250ms}, {@code 1.5s}, {@code 6m0s}, {@code 1h0m0s}. */
  static String duration(long millis) {
    if (millis < 1_000) {
      return millis + "ms";
    }
    String seconds =
        BigDecimal.valueOf(millis % 60_000, 3).stripTrailingZeros().toPlainString() + "s";
    long minutes = millis / 60_000;
    if (minutes < 60) {
      return minutes == 0 ? seconds : minutes + "m" + seconds;
    }
    return minutes / 60 + "h" + minutes % 60 + "m" + seconds;
  }
}
