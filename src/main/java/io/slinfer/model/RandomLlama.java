package io.slinfer.model;

import io.slinfer.model.gguf.GgufMetadata;
import io.slinfer.model.gguf.GgufTensor;
import io.slinfer.model.gguf.GgufWriter;
import io.slinfer.model.gguf.RandomBlocks;
import io.slinfer.model.gguf.TensorType;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * A llama model of any shape with random weights and a real tokenizer: it makes no sense but takes
 * the time and memory of a trained one. Any GGUF engine loads it.
 *
 * @param tokenizer metadata of a model whose {@code tokenizer.*} pairs are taken over, its
 *     vocabulary padded with tokens that spell their number to the shape's
 */
public record RandomLlama(
    LlamaShape shape, QuantisationMix mix, GgufMetadata tokenizer, long seed) {

  private static final String TOKENIZER = "tokenizer.";
  private static final String TOKENS = "tokenizer.ggml.tokens";
  private static final String TOKEN_TYPES = "tokenizer.ggml.token_type";
  private static final long NORMAL_TOKEN = 1;
  private static final long CONTEXT_TOKENS = 32_768;
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Writes the model; the same record gives the same file. */
  public void write(Path file) throws IOException {
    GgufWriter writer = new GgufWriter();
    putMetadata(writer);
    putTokenizer(writer);
    addTensors(writer);
    writer.write(file, this::fill);
  }

  private void putMetadata(GgufWriter writer) {
    writer
        .put("general.architecture", "llama")
        .put("general.name", "random llama, seed " + seed)
        .put("general.file_type", mix.fileType())
        .put("general.quantization_version", 2L)
        .put("llama.vocab_size", (long) shape.vocabulary())
        .put("llama.context_length", CONTEXT_TOKENS)
        .put("llama.embedding_length", (long) shape.hidden())
        .put("llama.block_count", (long) shape.layers())
        .put("llama.feed_forward_length", (long) shape.feedForward())
        .put("llama.attention.head_count", (long) shape.heads())
        .put("llama.attention.head_count_kv", (long) shape.keyHeads())
        .put("llama.attention.layer_norm_rms_epsilon", 1e-5)
        .put("llama.rope.dimension_count", (long) shape.headSize())
        .put("llama.rope.freq_base", 10000.0);
  }

  private void putTokenizer(GgufWriter writer) {
    List<String> tokens = new ArrayList<>(tokenizer.strings(TOKENS).orElse(List.of()));
    if (tokens.isEmpty() || tokens.size() > shape.vocabulary()) {
      throw new IllegalArgumentException(
          "the tokenizer has "
              + tokens.size()
              + " tokens; a vocabulary of "
              + shape.vocabulary()
              + " holds 1 to "
              + shape.vocabulary());
    }
    long[] types = tokenizer.integers(TOKEN_TYPES).orElse(new long[tokens.size()]);
    int real = tokens.size();
    types = Arrays.copyOf(types, shape.vocabulary());
    Arrays.fill(types, real, types.length, NORMAL_TOKEN);
    for (int id = real; id < shape.vocabulary(); id++) {
      tokens.add("[PAD" + id + "]");
    }
    for (Map.Entry<String, Object> pair : tokenizer.values().entrySet()) {
      if (pair.getKey().startsWith(TOKENIZER) && !pair.getKey().equals(TOKEN_TYPES)) {
        writer.put(pair.getKey(), pair.getKey().equals(TOKENS) ? tokens : pair.getValue());
      }
    }
    writer.put(TOKEN_TYPES, types);
  }

  private void addTensors(GgufWriter writer) {
    long hidden = shape.hidden();
    long keys = (long) shape.keyHeads() * shape.headSize();
    long feedForward = shape.feedForward();
    long vocabulary = shape.vocabulary();
    TensorType type = mix.type();
    writer.tensor("token_embd.weight", shape.tied() ? mix.outputType() : type, hidden, vocabulary);
    for (int layer = 0; layer < shape.layers(); layer++) {
      String prefix = "blk." + layer + ".";
      TensorType sensitive = mix.sensitiveType(layer, shape.layers());
      writer
          .tensor(prefix + "attn_norm.weight", TensorType.F32, hidden)
          .tensor(prefix + "attn_q.weight", type, hidden, hidden)
          .tensor(prefix + "attn_k.weight", type, hidden, keys)
          .tensor(prefix + "attn_v.weight", sensitive, hidden, keys)
          .tensor(prefix + "attn_output.weight", type, hidden, hidden)
          .tensor(prefix + "ffn_norm.weight", TensorType.F32, hidden)
          .tensor(prefix + "ffn_gate.weight", type, hidden, feedForward)
          .tensor(prefix + "ffn_up.weight", type, hidden, feedForward)
          .tensor(prefix + "ffn_down.weight", sensitive, feedForward, hidden);
    }
    writer.tensor("output_norm.weight", TensorType.F32, hidden);
    if (!shape.tied()) {
      writer.tensor("output.weight", mix.outputType(), hidden, vocabulary);
    }
  }

  private void fill(GgufTensor tensor) {
    if (tensor.dimensions().size() == 1) {
      for (long i = 0; i < tensor.columns(); i++) {
        tensor.data().set(FLOAT, i * Float.BYTES, 1);
      }
    } else {
      RandomBlocks.fill(tensor, seed * 31 + tensor.name().hashCode());
    }
  }
}
