package io.slinfer.http;

import io.slinfer.request.Failure;
import io.vertx.core.http.HttpServerResponse;

/**
 * An error as callers get it: status, the four keys of the body, retry headers.
 *
 * @param param the offending field; null if none
 * @param code a stable word; null if none
 * @param retryAfterMillis when to try again, at most a minute; -1 if that makes no sense
 */
record ErrorAnswer(
    int status, String message, String type, String param, String code, long retryAfterMillis) {

  private static final String INVALID = "invalid_request_error";
  private static final String SERVER = "server_error";
  private static final long MAX_RETRY_MILLIS = 60_000;
  private static final long NEVER = -1;

  /** The only mapping of failures to statuses. */
  static ErrorAnswer of(Failure failure) {
    return switch (failure) {
      case Failure.Invalid(String message, String field, String code) ->
          new ErrorAnswer(400, message, INVALID, field, code, NEVER);
      case Failure.NotFound(String message, String field, String code) ->
          new ErrorAnswer(404, message, INVALID, field, code, NEVER);
      case Failure.Overloaded(String message, String reason, long millis) ->
          new ErrorAnswer(429, message, "rate_limit_error", null, reason, atMost(millis));
      case Failure.Unavailable(String message, String reason, long millis) ->
          new ErrorAnswer(503, message, SERVER, null, reason, atMost(millis));
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
    return new ErrorAnswer(status, message, type, field, code, retryAfterMillis);
  }

  /** The body, also that of a stream's error event. */
  String json() {
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
    if (response.ended() || response.closed()) {
      return;
    }
    response.setStatusCode(status).putHeader("content-type", "application/json");
    response.putHeader("x-should-retry", Boolean.toString(retryAfterMillis != NEVER));
    if (retryAfterMillis != NEVER) {
      response
          .putHeader("retry-after", Long.toString(Math.ceilDiv(retryAfterMillis, 1_000L)))
          .putHeader("retry-after-ms", Long.toString(retryAfterMillis));
    }
    response.end(json());
  }

  private static long atMost(long millis) {
    return Math.clamp(millis, 1, MAX_RETRY_MILLIS);
  }
}
