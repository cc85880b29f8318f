package io.slinfer.http;

import io.slinfer.config.ApiKey;
import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;
import java.util.Optional;

/** Lets only callers with a known key pass, where keys are configured. */
final class KeyGate implements Handler<RoutingContext> {

  private static final String KEY = "slinfer.key";

  private final ApiKeys keys;

  KeyGate(ApiKeys keys) {
    this.keys = keys;
  }

  @Override
  public void handle(RoutingContext routing) {
    if (!keys.required()) {
      routing.next();
      return;
    }
    Optional<ApiKey> key =
        keys.find(
            routing.request().getHeader("authorization"), routing.request().getHeader("x-api-key"));
    if (key.isEmpty()) {
      routing.response().putHeader("www-authenticate", "Bearer");
      ErrorShape.send(
          routing,
          ErrorAnswer.refusal(
              401, "No API key, or an incorrect one, was provided.", "invalid_api_key"));
      return;
    }
    routing.put(KEY, key.get());
    routing.next();
  }

  /** The caller's key; empty where none is asked for. */
  static Optional<ApiKey> of(RoutingContext routing) {
    return Optional.ofNullable(routing.get(KEY));
  }
}
