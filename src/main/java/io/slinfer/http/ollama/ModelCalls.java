package io.slinfer.http.ollama;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.slinfer.gateway.ModelCatalogue;
import io.slinfer.gateway.ModelFacts;
import io.slinfer.gateway.RefusedException;
import io.slinfer.gateway.ServedModel;
import io.slinfer.http.Caller;
import io.slinfer.http.Fields;
import io.slinfer.http.NodeStatus;
import io.slinfer.request.Failure;
import io.slinfer.request.ModelId;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What is told of models: which there are, what one is, which are in memory. Wakes none. */
final class ModelCalls {

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  /** A model leaves memory when others need it; this stands for no time set. */
  private static final String NEVER = "2318-01-01T00:00:00Z";

  private final ModelCatalogue catalogue;
  private final ModelNames names;
  private final NodeStatus status;

  ModelCalls(ModelCatalogue catalogue, ModelNames names, NodeStatus status) {
    this.catalogue = catalogue;
    this.names = names;
    this.status = status;
  }

  /** GET /api/tags. */
  String tags(Caller caller) {
    ObjectNode answer = NODES.objectNode();
    ArrayNode models = answer.putArray("models");
    for (ServedModel model : catalogue.models()) {
      if (caller.mayCall(model.id())) {
        models.add(entry(model).put("modified_at", modifiedAt(model)));
      }
    }
    return answer.toString();
  }

  /** GET /api/ps. */
  Future<String> running(Caller caller) {
    return status.devices().map(devices -> running(caller, devices));
  }

  private String running(Caller caller, List<NodeStatus.Device> devices) {
    ObjectNode answer = NODES.objectNode();
    ArrayNode models = answer.putArray("models");
    for (NodeStatus.Device device : devices) {
      for (NodeStatus.Instance instance : device.instances()) {
        Optional<ServedModel> model = catalogue.find(instance.model());
        if (instance.loaded() && model.isPresent() && caller.mayCall(instance.model())) {
          long bytes = instance.weightBytes() + instance.kvHeldBytes();
          models.add(
              entry(model.get())
                  .put("size", bytes)
                  .put("size_vram", device.kind().equals("gpu") ? bytes : 0)
                  .put("context_length", model.get().contextTokens())
                  .put("expires_at", NEVER));
        }
      }
    }
    return answer.toString();
  }

  /** POST /api/show. */
  Future<String> show(JsonNode body, Caller caller) {
    Fields fields = new Fields(body, "");
    ModelId id = names.of(fields.requiredText(fields.get("name") == null ? "model" : "name"));
    caller.require(id);
    Optional<ServedModel> found = catalogue.find(id);
    if (found.isEmpty()) {
      return Future.failedFuture(
          new RefusedException(
              new Failure.NotFound("model '" + id + "' not found", "model", "model_not_found")));
    }
    ServedModel model = found.get();
    ModelFacts facts = model.facts();
    ObjectNode answer = NODES.objectNode();
    answer.put("modelfile", "FROM " + id).put("parameters", "");
    answer.put("template", facts.templateSource());
    answer.set("details", details(facts));
    ObjectNode info = answer.putObject("model_info");
    for (Map.Entry<String, Object> entry : facts.metadata().entrySet()) {
      if (!entry.getKey().equals("tokenizer.chat_template")) {
        info.set(entry.getKey(), node(entry.getValue()));
      }
    }
    info.put("general.parameter_count", facts.parameters());
    info.put(facts.family() + ".context_length", model.contextTokens());
    ArrayNode capabilities = answer.putArray("capabilities").add("completion");
    if (facts.templateSource().contains("tools")) {
      capabilities.add("tools");
    }
    answer.put("modified_at", modifiedAt(model));
    return Future.succeededFuture(answer.toString());
  }

  private static ObjectNode entry(ServedModel model) {
    ObjectNode entry = NODES.objectNode();
    entry.put("name", model.id().value()).put("model", model.id().value());
    entry.put("size", model.facts().sizeBytes()).put("digest", digest(model));
    entry.set("details", details(model.facts()));
    return entry;
  }

  private static ObjectNode details(ModelFacts facts) {
    ObjectNode details = NODES.objectNode().put("parent_model", "").put("format", "gguf");
    details.put("family", facts.family()).putArray("families").add(facts.family());
    double parameters = facts.parameters();
    String size =
        parameters >= 1e9
            ? String.format(Locale.ROOT, "%.1fB", parameters / 1e9)
            : String.format(Locale.ROOT, "%.1fM", parameters / 1e6);
    return details.put("parameter_size", size).put("quantization_level", facts.quantisation());
  }

  /** Tells one state of a model's file from another; not a hash of its weights. */
  private static String digest(ServedModel model) {
    String state = model.id() + " " + model.facts().fingerprint() + " " + model.createdSeconds();
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(state.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every JDK has SHA-256", impossible);
    }
  }

  private static String modifiedAt(ServedModel model) {
    return Instant.ofEpochSecond(model.createdSeconds()).toString();
  }

  private static JsonNode node(Object value) {
    return switch (value) {
      case Boolean flag -> NODES.booleanNode(flag);
      case Float number -> NODES.numberNode(number);
      case Double number -> NODES.numberNode(number);
      case Number number -> NODES.numberNode(number.longValue());
      default -> NODES.textNode(value.toString());
    };
  }
}
