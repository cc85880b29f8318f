package io.slinfer.model;

import java.io.Serial;

/** A well-formed model file that SLINFER cannot serve; the message says why. */
public final class UnservableModelException extends Exception {

  @Serial private static final long serialVersionUID = 1;

  private final String reason;

  /**
   * @param reason completes the sentence "the model cannot be served because"
   */
  public UnservableModelException(String reason) {
    super("cannot be served because " + reason);
    this.reason = reason;
  }

  /** What completes the sentence "the model cannot be served because". */
  public String reason() {
    return reason;
  }
}
