package io.slinfer.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.slinfer.config.ApiKey;
import io.slinfer.gateway.Gateway;
import io.slinfer.gateway.ServedModel;
import io.slinfer.metrics.ServingMeters;
import io.slinfer.request.Failure;
import io.slinfer.request.Pooling;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.Optional;

/** A POST that answers embeddings. */
final class EmbeddingRoute implements Handler<RoutingContext> {

  private final EmbeddingDialect dialect;
  private final Gateway gateway;
  private final LiveAnswers live;
  private final ServingMeters meters;

  private record Read(JsonNode body, EmbeddingDialect.Call call) {}

  EmbeddingRoute(
      EmbeddingDialect dialect, Gateway gateway, LiveAnswers live, ServingMeters meters) {
    this.dialect = dialect;
    this.gateway = gateway;
    this.live = live;
    this.meters = meters;
  }

  @Override
  public void handle(RoutingContext routing) {
    Caller caller = Caller.of(routing);
    JsonBody.read(
            routing,
            body -> {
              Read read = new Read(body, dialect.read(body));
              caller.require(read.call().model());
              return read;
            })
        .onSuccess(
            read -> {
              if (!routing.response().closed()) {
                serve(routing, read, caller);
              }
            })
        .onFailure(failure -> Routes.refuse(routing, failure, meters));
  }

  private void serve(RoutingContext routing, Read read, Caller caller) {
    EmbeddingDialect.Call call = read.call();
    Optional<ServedModel> model = gateway.catalogue().find(call.model());
    if (model.isEmpty()) {
      Routes.refuse(routing, BadRequest.unknownModel(call.model()), meters);
      return;
    }
    Optional<Pooling> pooling = model.get().facts().pooling();
    if (pooling.isEmpty()) {
      ErrorShape.send(
          routing,
          ErrorAnswer.of(
              new Failure.Invalid(
                  "The model `" + call.model() + "` makes no embeddings: its pooling is another.",
                  "model",
                  "no_embeddings")));
      return;
    }
    String name = caller.key().map(ApiKey::name).orElse(call.user());
    EmbeddingGroup group =
        new EmbeddingGroup(gateway, call, pooling.get(), Ids.next("embd-"), name);
    HttpServerResponse response = routing.response();
    response.closeHandler(nothing -> group.cancel());
    response.exceptionHandler(failure -> group.cancel());
    live.add(group);
    group
        .start()
        .onSuccess(
            result ->
                response
                    .putHeader("content-type", "application/json")
                    .end(dialect.write(read.body(), result)))
        .onFailure(failure -> Routes.refuse(routing, failure, meters));
  }
}
