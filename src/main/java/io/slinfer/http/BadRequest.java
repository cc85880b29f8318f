package io.slinfer.http;

import io.slinfer.request.Failure;
import io.slinfer.request.ModelId;
import java.io.Serial;

/** A request that cannot be read; carries what the caller did wrong. Has no stack trace. */
public final class BadRequest extends RuntimeException {

  @Serial private static final long serialVersionUID = 1;

  private final transient Failure failure;

  private BadRequest(Failure failure) {
    super(failure.message(), null, false, false);
    this.failure = failure;
  }

  /** No model has this id (404). */
  public static BadRequest unknownModel(ModelId model) {
    return new BadRequest(
        new Failure.NotFound(
            "The model `" + model + "` does not exist.", "model", "model_not_found"));
  }

  /**
   * @param field the offending field's path; null if none
   */
  public BadRequest(String message, String field) {
    super(message, null, false, false);
    failure = new Failure.Invalid(message, field, null);
  }

  public Failure failure() {
    return failure;
  }
}
