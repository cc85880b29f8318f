package io.slinfer.gateway;

import io.slinfer.request.Failure;
import java.io.Serial;

/** Carries a refusal out of a future; expected, so it has no stack trace. */
public final class RefusedException extends RuntimeException {

  @Serial private static final long serialVersionUID = 1;

  private final transient Failure failure;

  public RefusedException(Failure failure) {
    super(failure.message(), null, false, false);
    this.failure = failure;
  }

  public Failure failure() {
    return failure;
  }
}
