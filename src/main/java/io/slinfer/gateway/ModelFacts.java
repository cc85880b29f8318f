package io.slinfer.gateway;

import io.slinfer.model.gguf.GgufFile;
import io.slinfer.model.gguf.GgufTensor;
import io.slinfer.model.gguf.TensorType;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a model's file says of it, for callers who ask.
 *
 * @param family {@code general.architecture}
 * @param parameters numbers in all tensors
 * @param quantisation the tensor type that holds most of the weights, such as {@code Q4_K}
 * @param sizeBytes size of the file, or of all its parts
 * @param fingerprint tells this file from another of the same name
 * @param metadata the file's metadata without its lists: strings, numbers, booleans
 */
public record ModelFacts(
    String family,
    long parameters,
    String quantisation,
    long sizeBytes,
    String fingerprint,
    Map<String, Object> metadata) {

  /** Of a model without a file, whose tokens are made up. */
  public static final ModelFacts EMULATED = new ModelFacts("emulated", 0, "none", 0, "", Map.of());

  public ModelFacts {
    metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
  }

  /** What an open file says. */
  static ModelFacts of(GgufFile file) {
    Map<String, Object> scalars = new LinkedHashMap<>();
    file.metadata()
        .values()
        .forEach(
            (key, value) -> {
              if (value instanceof String || value instanceof Number || value instanceof Boolean) {
                scalars.put(key, value);
              }
            });
    Map<TensorType, Long> bytes = new EnumMap<>(TensorType.class);
    long parameters = 0;
    for (GgufTensor tensor : file.tensors().values()) {
      bytes.merge(tensor.type(), tensor.data().byteSize(), Long::sum);
      parameters += tensor.columns() * tensor.rows();
    }
    return new ModelFacts(
        file.metadata().string("general.architecture").orElse("unknown"),
        parameters,
        Collections.max(bytes.entrySet(), Map.Entry.comparingByValue()).getKey().name(),
        file.byteSize(),
        file.fingerprint(),
        scalars);
  }

  /** The chat template's source in the file, or an empty text. */
  public String templateSource() {
    return metadata.get("tokenizer.chat_template") instanceof String source ? source : "";
  }
}
