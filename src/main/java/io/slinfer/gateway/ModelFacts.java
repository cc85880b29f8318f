package io.slinfer.gateway;

import io.slinfer.cluster.ModelState;
import io.slinfer.model.gguf.GgufFile;
import io.slinfer.model.gguf.GgufTensor;
import io.slinfer.model.gguf.TensorType;
import io.slinfer.request.Pooling;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

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

  /** What another node tells of its file. */
  public static ModelFacts of(ModelState state) {
    return new ModelFacts(
        state.facts()[0],
        state.parameters(),
        state.facts()[1],
        state.sizeBytes(),
        state.facts()[2],
        FactTexts.read(state.metadata()));
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

  /**
   * How this model makes embeddings, by its metadata: the last token's state if that does not say,
   * as is usual for decoders; empty if it says something else than is served.
   */
  public Optional<Pooling> pooling() {
    int type =
        metadata.get(family + ".pooling_type") instanceof Number number ? number.intValue() : 0;
    return switch (type) {
      case 0, 3 -> Optional.of(Pooling.LAST);
      case 1 -> Optional.of(Pooling.MEAN);
      case 2 -> Optional.of(Pooling.FIRST);
      default -> Optional.empty();
    };
  }

  /** The chat template's source in the file, or an empty text. */
  public String templateSource() {
    return metadata.get("tokenizer.chat_template") instanceof String source ? source : "";
  }
}
