package io.slinfer.gateway.remote;

import io.slinfer.request.Failure;

/** Failures as bytes. */
final class FailureCodec {

  private static final int INVALID = 1;
  private static final int NOT_FOUND = 2;
  private static final int OVERLOADED = 3;
  private static final int UNAVAILABLE = 4;
  private static final int CANCELLED = 5;
  private static final int INTERNAL = 6;
  private static final int UNATTAINABLE = 7;

  private FailureCodec() {}

  static void write(WireOut out, Failure failure) {
    switch (failure) {
      case Failure.Invalid invalid ->
          out.number(INVALID).text(invalid.message()).maybe(invalid.field()).maybe(invalid.code());
      case Failure.NotFound missing ->
          out.number(NOT_FOUND)
              .text(missing.message())
              .maybe(missing.field())
              .maybe(missing.code());
      case Failure.Overloaded full ->
          out.number(OVERLOADED)
              .text(full.message())
              .text(full.reason())
              .number(full.limitRequests())
              .number(full.retryAfterMillis())
              .number(full.resetMillis());
      case Failure.Unavailable unavailable ->
          out.number(UNAVAILABLE)
              .text(unavailable.message())
              .text(unavailable.reason())
              .number(unavailable.retryAfterMillis());
      case Failure.Unattainable late -> out.number(UNATTAINABLE).text(late.message());
      case Failure.Cancelled cancelled -> out.number(CANCELLED).text(cancelled.message());
      case Failure.Internal internal -> out.number(INTERNAL).text(internal.message());
    }
  }

  static Failure read(WireIn in) {
    int kind = in.integer();
    String message = in.text();
    return switch (kind) {
      case INVALID -> new Failure.Invalid(message, in.maybe(), in.maybe());
      case NOT_FOUND -> new Failure.NotFound(message, in.maybe(), in.maybe());
      case OVERLOADED ->
          new Failure.Overloaded(message, in.text(), in.integer(), in.number(), in.number());
      case UNAVAILABLE -> new Failure.Unavailable(message, in.text(), in.number());
      case CANCELLED -> new Failure.Cancelled(message);
      case UNATTAINABLE -> new Failure.Unattainable(message);
      case INTERNAL -> new Failure.Internal(message);
      default -> throw new WireException("failure kind " + kind);
    };
  }
}
