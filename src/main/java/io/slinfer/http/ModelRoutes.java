package io.slinfer.http;

import io.netty.handler.codec.http.QueryStringDecoder;
import io.slinfer.gateway.ModelCatalogue;
import io.slinfer.gateway.ServedModel;
import io.slinfer.request.ModelId;
import io.vertx.ext.web.RoutingContext;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** GET /v1/models and /v1/models/{id}; answers from memory and wakes no model. */
final class ModelRoutes {

  static final String PATH = "/v1/models";

  private final ModelCatalogue catalogue;
  private final Function<ModelId, String> states;

  /**
   * @param states how a model stands, in one word
   */
  ModelRoutes(ModelCatalogue catalogue, Function<ModelId, String> states) {
    this.catalogue = catalogue;
    this.states = states;
  }

  void list(RoutingContext routing) {
    String models =
        catalogue.models().stream()
            .filter(model -> mayCall(routing, model.id()))
            .map(this::json)
            .collect(Collectors.joining(",", "{\"object\":\"list\",\"data\":[", "]}"));
    routing.response().putHeader("content-type", "application/json").end(models);
  }

  /** One model; its id may hold slashes, raw or as %2F. */
  void one(RoutingContext routing) {
    String rawPath = routing.request().path();
    ModelId id =
        new ModelId(
            QueryStringDecoder.decodeComponent(
                rawPath.substring(PATH.length() + 1).replace("+", "%2B")));
    Optional<ServedModel> model = mayCall(routing, id) ? catalogue.find(id) : Optional.empty();
    if (model.isEmpty()) {
      ErrorAnswer.refusal(404, "The model `" + id + "` does not exist.", "model_not_found")
          .about("model")
          .send(routing.response());
      return;
    }
    routing.response().putHeader("content-type", "application/json").end(json(model.get()));
  }

  private static boolean mayCall(RoutingContext routing, ModelId id) {
    return KeyGate.of(routing).map(key -> key.mayCall(id.value())).orElse(true);
  }

  private String json(ServedModel model) {
    return "{\"id\":"
        + AnswerFormat.quoted(model.id().value())
        + ",\"object\":\"model\",\"created\":"
        + model.createdSeconds()
        + ",\"owned_by\":\"slinfer\",\"max_model_len\":"
        + model.contextTokens()
        + ",\"state\":\""
        + states.apply(model.id())
        + "\"}";
  }
}
