package io.slinfer.http;

import io.slinfer.config.ApiKey;
import io.slinfer.request.ModelId;
import io.vertx.ext.web.RoutingContext;
import java.util.Optional;

/**
 * Who sends a request, and what they may call.
 *
 * @param key the key shown; empty where none is asked for
 */
public record Caller(Optional<ApiKey> key) {

  static Caller of(RoutingContext routing) {
    return new Caller(KeyGate.of(routing));
  }

  /** Whether they may call a model. */
  public boolean mayCall(ModelId model) {
    return key.map(known -> known.mayCall(model.value())).orElse(true);
  }

  /** Fails the call (403) if they may not call a model. */
  public void require(ModelId model) {
    if (!mayCall(model)) {
      throw new ForbiddenModel(forbidden(model));
    }
  }

  private static ErrorAnswer forbidden(ModelId model) {
    return ErrorAnswer.refusal(
            403, "This API key may not call the model `" + model + "`.", "model_not_allowed")
        .about("model");
  }
}
