package io.slinfer.http;

import java.io.Serial;

/** The caller's key does not cover the model; has no stack trace. */
final class ForbiddenModel extends RuntimeException {

  @Serial private static final long serialVersionUID = 1;

  private final transient ErrorAnswer answer;

  ForbiddenModel(ErrorAnswer answer) {
    super(answer.message(), null, false, false);
    this.answer = answer;
  }

  ErrorAnswer answer() {
    return answer;
  }
}
