package io.slinfer.recording;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.slinfer.cost.DeviceKind;
import io.slinfer.cost.DeviceSpec;
import io.slinfer.cost.MemoryTimes;
import io.slinfer.memory.Residence;
import io.slinfer.node.DeviceParts;
import io.slinfer.request.DeviceId;
import io.slinfer.scheduler.ServingPolicy;
import java.util.ArrayList;
import java.util.List;

/**
 * What a node was made of, as the first line of its recording says.
 *
 * @param startNanos the node's clock when the recording began; times in it count from there
 * @param exclusive whether one model at a time has a device to itself
 * @param coldStartNanos grace of requests whose model must be loaded
 * @param pinned model ids
 * @param bestEffort model ids
 */
public record RecordedNode(
    long startNanos,
    boolean exclusive,
    long coldStartNanos,
    int maxWaiting,
    List<String> pinned,
    List<String> bestEffort,
    List<DeviceParts> devices) {

  private static final String FORM = "slinfer-recording";
  private static final int VERSION = 1;

  public RecordedNode {
    pinned = List.copyOf(pinned);
    bestEffort = List.copyOf(bestEffort);
    devices = List.copyOf(devices);
  }

  /** The policy of the first device places for all. */
  ServingPolicy policy() {
    return devices.getFirst().policy();
  }

  ObjectNode json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode().put(FORM, VERSION);
    json.put("start", startNanos).put("exclusive", exclusive).put("cold_start", coldStartNanos);
    json.put("max_waiting", maxWaiting);
    pinned.forEach(json.putArray("pinned")::add);
    bestEffort.forEach(json.putArray("best_effort")::add);
    ArrayNode list = json.putArray("devices");
    for (DeviceParts device : devices) {
      DeviceSpec spec = device.spec();
      ServingPolicy policy = device.policy();
      Residence residence = policy.residence();
      MemoryTimes times = policy.times();
      ObjectNode entry = list.addObject().put("id", spec.id().value());
      entry.put("kind", spec.kind().name()).put("capacity", spec.capacityBytes());
      entry.put("slots", spec.slots()).put("block", spec.kvBlockTokens());
      entry.put("fixed_kv", spec.fixedKvBytes()).put("quota", spec.decodeQuota());
      entry.put("prefill", policy.prefillTokens()).put("batch", policy.maxBatch());
      entry.put("keep_alive", residence.keepAliveNanos()).put("least", residence.leastNanos());
      entry.put("prefixes", residence.keepsPrefixes()).put("emulated", device.emulated());
      entry
          .putArray("times")
          .add(times.loadFixedNanos())
          .add(times.linkBytesPerNano())
          .add(times.resizePerLayerNanos())
          .add(times.copyBytesPerNano())
          .add(times.unloadNanos())
          .add(times.evictNanos())
          .add(times.pausedKvBytes());
    }
    return json;
  }

  /**
   * @throws BadRecordingException if the line is none of this form
   */
  static RecordedNode of(JsonNode json) {
    if (json.path(FORM).asInt() != VERSION) {
      throw new BadRecordingException(
          "the first line has no \"" + FORM + "\": " + VERSION + ", so this is no recording");
    }
    List<String> pinned = texts(json.path("pinned"));
    List<DeviceParts> devices = new ArrayList<>();
    for (JsonNode entry : json.path("devices")) {
      devices.add(device(entry, pinned));
    }
    return new RecordedNode(
        json.path("start").longValue(),
        json.path("exclusive").booleanValue(),
        json.path("cold_start").longValue(),
        json.path("max_waiting").intValue(),
        pinned,
        texts(json.path("best_effort")),
        devices);
  }

  private static DeviceParts device(JsonNode entry, List<String> pinned) {
    JsonNode times = entry.path("times");
    ServingPolicy policy =
        new ServingPolicy(
            entry.path("prefill").intValue(),
            entry.path("batch").intValue(),
            new Residence(
                entry.path("keep_alive").longValue(),
                entry.path("least").longValue(),
                entry.path("prefixes").booleanValue(),
                model -> pinned.contains(model.value())),
            new MemoryTimes(
                times.path(0).longValue(),
                times.path(1).doubleValue(),
                times.path(2).longValue(),
                times.path(3).doubleValue(),
                times.path(4).longValue(),
                times.path(5).longValue(),
                times.path(6).longValue()));
    DeviceSpec spec =
        new DeviceSpec(
            new DeviceId(entry.path("id").textValue()),
            DeviceKind.valueOf(entry.path("kind").textValue()),
            entry.path("capacity").longValue(),
            entry.path("slots").intValue(),
            entry.path("block").intValue(),
            entry.path("fixed_kv").longValue(),
            entry.path("quota").intValue());
    return new DeviceParts(
        spec,
        policy,
        (listener, owner) -> {
          throw new IllegalStateException("a replay has recorded engines");
        },
        entry.path("emulated").booleanValue());
  }

  private static List<String> texts(JsonNode list) {
    List<String> texts = new ArrayList<>();
    list.forEach(text -> texts.add(text.textValue()));
    return texts;
  }
}
