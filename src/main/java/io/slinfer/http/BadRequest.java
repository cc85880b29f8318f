package io.slinfer.http;

import io.slinfer.request.Failure;
import java.io.Serial;

/** A request that cannot be read; carries what the caller did wrong. Has no stack trace. */
final class BadRequest extends RuntimeException {

  @Serial private static final long serialVersionUID = 1;

  private final transient Failure.Invalid failure;

  /**
   * @param field the offending field's path; null if none
   */
  BadRequest(String message, String field) {
    super(message, null, false, false);
    failure = new Failure.Invalid(message, field, null);
  }

  Failure.Invalid failure() {
    return failure;
  }
}
