package io.slinfer.constraint;

import java.io.Serial;

/** A grammar that is malformed, too large or cannot be met; the message is fit for the caller. */
public class ConstraintException extends RuntimeException {

  @Serial private static final long serialVersionUID = 1;

  public ConstraintException(String message) {
    super(message);
  }
}
