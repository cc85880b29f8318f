package io.slinfer.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.slinfer.kvcache.BlockTable;
import io.slinfer.model.MemoryNeed;
import io.slinfer.model.ModelDescription;
import io.slinfer.model.ModelFile;
import io.slinfer.model.UnservableModelException;
import io.slinfer.model.gguf.GgufFile;
import io.slinfer.model.gguf.GgufTensor;
import io.slinfer.model.tokenizer.Tokenizers;
import java.io.PrintWriter;
import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;

/** What {@code slinfer inspect} says of a file: one JSON object, or the same as text. */
final class InspectReport {

  /** Longer metadata arrays are given by their size and first elements, unless all is asked for. */
  private static final int WHOLE_ARRAY = 64;

  private static final int FIRST_ELEMENTS = 8;

  private final ObjectMapper mapper = new ObjectMapper();
  private final ObjectNode root = mapper.createObjectNode();
  private final boolean wholeArrays;

  InspectReport(GgufFile file, boolean wholeArrays) {
    this.wholeArrays = wholeArrays;
    root.put("file", file.path().toString());
    root.put("model", ModelFile.idOf(file.path()).value());
    root.put("gguf_version", file.version());
    root.put("parts", file.parts().size());
    root.put("bytes", file.byteSize());
    root.put("fingerprint", file.fingerprint());
    root.put("parameters", parameters(file.tensors().values()));
    addServability(file);
    ObjectNode metadata = root.putObject("metadata");
    file.metadata().values().forEach((key, value) -> metadata.set(key, json(value)));
    ArrayNode tensors = root.putArray("tensors");
    file.tensors().values().forEach(tensor -> addTensor(tensors, tensor));
  }

  private static long parameters(Collection<GgufTensor> tensors) {
    return tensors.stream().mapToLong(tensor -> tensor.columns() * tensor.rows()).sum();
  }

  private void addServability(GgufFile file) {
    try {
      ModelDescription description = ModelDescription.read(file);
      Tokenizers.of(file.metadata());
      MemoryNeed need = description.memoryNeed();
      root.put("servable", true).putNull("reason");
      root.put("architecture", description.architecture().family());
      root.put("context_tokens", description.architecture().contextTokens());
      ObjectNode memory = root.putObject("memory");
      memory.put("weight_bytes", need.weightBytes());
      memory.put("kv_bytes_per_token", need.kvBlockBytes() / BlockTable.TOKENS_PER_BLOCK);
      memory.put("kv_block_bytes", need.kvBlockBytes());
      memory.put("scratch_bytes", need.scratchBytes());
    } catch (UnservableModelException refusal) {
      root.put("servable", false).put("reason", refusal.reason());
    } catch (IllegalArgumentException noTokenizer) {
      root.put("servable", false).put("reason", noTokenizer.getMessage());
    }
  }

  private static void addTensor(ArrayNode tensors, GgufTensor tensor) {
    ObjectNode entry = tensors.addObject();
    entry.put("name", tensor.name());
    entry.put("type", tensor.type().name());
    entry.put("type_code", tensor.type().code());
    ArrayNode dimensions = entry.putArray("dimensions");
    tensor.dimensions().forEach(dimensions::add);
    entry.put("bytes", tensor.data().byteSize());
  }

  private JsonNode json(Object value) {
    JsonNode node = mapper.valueToTree(value);
    if (!node.isArray() || wholeArrays || node.size() <= WHOLE_ARRAY) {
      return node;
    }
    ObjectNode summary = mapper.createObjectNode().put("count", node.size());
    ArrayNode first = summary.putArray("first");
    for (int i = 0; i < FIRST_ELEMENTS; i++) {
      first.add(node.get(i));
    }
    return summary;
  }

  /** One JSON object on one line. */
  String toJson() {
    return root.toString();
  }

  /** The same for people: what it is, what it needs, metadata, tensors. */
  void print(PrintWriter out) {
    for (Map.Entry<String, JsonNode> entry : root.properties()) {
      JsonNode value = entry.getValue();
      if (value.isValueNode() && !value.isNull()) {
        out.printf(Locale.ROOT, "%-18s %s%n", entry.getKey(), value.asText());
      }
    }
    root.path("memory")
        .properties()
        .forEach(need -> out.printf(Locale.ROOT, "%-18s %s%n", need.getKey(), need.getValue()));
    out.println();
    root.get("metadata")
        .properties()
        .forEach(pair -> out.println(pair.getKey() + " = " + pair.getValue()));
    out.println();
    for (JsonNode tensor : root.get("tensors")) {
      out.printf(
          Locale.ROOT,
          "%-40s %-8s %-24s %d%n",
          tensor.get("name").textValue(),
          tensor.get("type").textValue(),
          shape(tensor.get("dimensions")),
          tensor.get("bytes").longValue());
    }
  }

  private static String shape(JsonNode dimensions) {
    StringJoiner sizes = new StringJoiner(" x ");
    dimensions.forEach(size -> sizes.add(size.asText()));
    return sizes.toString();
  }
}
