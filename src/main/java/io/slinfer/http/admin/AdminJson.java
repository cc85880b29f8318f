package io.slinfer.http.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.slinfer.gateway.Operations;
import io.slinfer.node.DeviceReport;
import io.slinfer.node.InstanceReport;
import io.slinfer.node.InstanceStatus;
import io.slinfer.node.RequestReport;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.function.BiConsumer;

/** How models, devices, instances and requests look to operators. */
final class AdminJson {

  private static final double NANOS_PER_MILLI = 1e6;

  private AdminJson() {}

  static ObjectNode models(List<Operations.Model> models) {
    return list(models, AdminJson::fill);
  }

  static ObjectNode model(Operations.Model model) {
    ObjectNode entry = JsonNodeFactory.instance.objectNode();
    fill(entry, model);
    return entry;
  }

  private static void fill(ObjectNode entry, Operations.Model model) {
    entry
        .put("id", model.served().id().value())
        .put("state", model.state())
        .put("pinned", model.pinned())
        .put("max_model_len", model.served().contextTokens())
        .put("weight_bytes", model.served().facts().sizeBytes());
    ArrayNode files = entry.putArray("files");
    model.served().source().parts().forEach(part -> files.add(part.toString()));
    model
        .failure()
        .ifPresent(
            failure ->
                entry
                    .putObject("failure")
                    .put("message", failure.message())
                    .put("code", failure.reason())
                    .put("retry_after_ms", failure.retryAfterMillis()));
  }

  static ObjectNode devices(List<DeviceReport> devices) {
    return list(
        devices,
        (entry, device) ->
            entry
                .put("id", device.device().value())
                .put("kind", device.kind().name().toLowerCase(Locale.ROOT))
                .put("capacity_bytes", device.capacityBytes())
                .put("promised_bytes", device.promisedBytes())
                .put("actual_bytes", device.actualBytes())
                .put("instances", device.instances()));
  }

  static ObjectNode instances(List<InstanceReport> instances) {
    return list(
        instances,
        (entry, instance) -> {
          InstanceStatus status = instance.status();
          entry
              .put("id", instance.id().value())
              .put("model", status.model().value())
              .put("device", instance.device().value())
              .put("state", instance.state())
              .put("staying", instance.staying())
              .put("requests", instance.requests())
              .put("running", status.running())
              .put("weight_bytes", status.weightBytes())
              .put("kv_used_bytes", status.kvUsedBytes())
              .put("kv_held_bytes", status.kvHeldBytes());
          millis(entry, "slack_ms", instance.slackNanos());
        });
  }

  static ObjectNode requests(List<RequestReport> requests) {
    return list(
        requests,
        (entry, request) -> {
          entry
              .put("id", request.id().value())
              .put("model", request.model().value())
              .put("phase", request.phase())
              .put("age_ms", request.ageNanos() / NANOS_PER_MILLI);
          millis(entry, "slack_ms", request.slackNanos());
          entry
              .put("caller", request.caller())
              .put("priority", request.priority())
              .put("prompt_tokens", request.promptTokens())
              .put("generated_tokens", request.generatedTokens())
              .put("instance", request.instance().map(id -> id.value()).orElse(null))
              .put("evictions", request.evictions());
        });
  }

  private static void millis(ObjectNode entry, String name, OptionalLong nanos) {
    if (nanos.isPresent()) {
      entry.put(name, nanos.getAsLong() / NANOS_PER_MILLI);
    } else {
      entry.putNull(name);
    }
  }

  private static <T> ObjectNode list(List<T> things, BiConsumer<ObjectNode, T> filler) {
    ObjectNode answer = JsonNodeFactory.instance.objectNode().put("object", "list");
    ArrayNode data = answer.putArray("data");
    things.forEach(thing -> filler.accept(data.addObject(), thing));
    return answer;
  }
}
