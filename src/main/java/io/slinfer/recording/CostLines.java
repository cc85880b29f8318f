package io.slinfer.recording;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.slinfer.cost.DeviceKind;
import io.slinfer.cost.InstanceCosts;
import io.slinfer.cost.LatencyProfile;
import io.slinfer.cost.LatencyProfile.Curve;
import io.slinfer.cost.LatencyProfile.DecodeRow;
import io.slinfer.cost.ModelShape;
import io.slinfer.node.Input;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/** Models' costs as lines of a recording; a profile that several models share is one there too. */
final class CostLines {

  private final LineSink sink;
  private final Map<LatencyProfile, Integer> profiles = new IdentityHashMap<>();

  CostLines(LineSink sink) {
    this.sink = sink;
  }

  /** The line of an answer; profiles that it refers to are said before. */
  CharSequence line(CharSequence begun, Input.Costs answer) {
    String start = begun.subSequence(0, begun.length() - 1).toString();
    if (answer.costs() == null) {
      return start
          + ",\"failure\":"
          + JsonNodeFactory.instance.textNode("" + answer.failure())
          + "}";
    }
    ObjectNode costs = JsonNodeFactory.instance.objectNode();
    new EnumMap<>(answer.costs())
        .forEach(
            (kind, cost) ->
                costs
                    .putObject(kind.name())
                    .put("weights", cost.shape().weightBytes())
                    .put("kv", cost.shape().kvBytesPerToken())
                    .put("layers", cost.shape().layers())
                    .put("safety", cost.safety())
                    .put("exclusive", cost.exclusiveBatchLimit())
                    .put("half", cost.halfShareBatchLimit())
                    .put("profile", define(cost.latency())));
    return start + ",\"costs\":" + costs + "}";
  }

  private int define(LatencyProfile profile) {
    Integer known = profiles.get(profile);
    if (known != null) {
      return known;
    }
    int number = profiles.size() + 1;
    profiles.put(profile, number);
    ObjectNode json = JsonNodeFactory.instance.objectNode().put("def", "profile").put("n", number);
    write(json.putArray("prefill"), profile.prefill());
    ArrayNode rows = json.putArray("decode");
    for (DecodeRow row : profile.decode()) {
      write(rows.addArray().add(row.meanTokens()), row.nanosByBatch());
    }
    sink.note(json.toString());
    return number;
  }

  private static void write(ArrayNode list, Curve curve) {
    ArrayNode x = list.addArray();
    for (double value : curve.x()) {
      x.add(value);
    }
    ArrayNode y = list.addArray();
    for (double value : curve.y()) {
      y.add(value);
    }
  }

  /** A profile as its line says. */
  static LatencyProfile profile(JsonNode line) {
    List<DecodeRow> rows = new ArrayList<>();
    for (JsonNode row : line.path("decode")) {
      rows.add(new DecodeRow(row.path(0).doubleValue(), curve(row.path(1), row.path(2))));
    }
    JsonNode prefill = line.path("prefill");
    return new LatencyProfile(curve(prefill.path(0), prefill.path(1)), rows);
  }

  private static Curve curve(JsonNode x, JsonNode y) {
    return new Curve(numbers(x), numbers(y));
  }

  private static double[] numbers(JsonNode list) {
    double[] numbers = new double[list.size()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = list.get(i).doubleValue();
    }
    return numbers;
  }

  /** The costs of a line. */
  static Map<DeviceKind, InstanceCosts> costs(
      JsonNode line, Map<Integer, LatencyProfile> profiles) {
    Map<DeviceKind, InstanceCosts> costs = new EnumMap<>(DeviceKind.class);
    line.properties()
        .forEach(
            entry -> {
              JsonNode cost = entry.getValue();
              costs.put(
                  DeviceKind.valueOf(entry.getKey()),
                  new InstanceCosts(
                      new ModelShape(
                          cost.path("weights").longValue(),
                          cost.path("kv").longValue(),
                          cost.path("layers").intValue()),
                      profiles.get(cost.path("profile").intValue()),
                      cost.path("safety").doubleValue(),
                      cost.path("exclusive").intValue(),
                      cost.path("half").intValue()));
            });
    return costs;
  }
}
