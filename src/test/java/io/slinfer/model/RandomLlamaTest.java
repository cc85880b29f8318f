package io.slinfer.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.model.gguf.Dequantizer;
import io.slinfer.model.gguf.GgufFile;
import io.slinfer.model.gguf.GgufMetadata;
import io.slinfer.model.gguf.GgufTensor;
import io.slinfer.model.gguf.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class RandomLlamaTest {

  private static final Path DEMO = Path.of("models/demo-chat.gguf");

  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource(QuantisationMix.class)
  void weightsKeepTheSizeOfWhatTheyMultiply(QuantisationMix mix) throws IOException {
    Path file = write("m.gguf", mix, 7);
    try (GgufFile gguf = GgufFile.open(file)) {
      assertEquals(3 + 9 * 4, gguf.tensors().size());
      for (GgufTensor tensor : gguf.tensors().values()) {
        float[] weights = Dequantizer.expand(tensor);
        if (tensor.dimensions().size() == 1) {
          assertTrue(Arrays.equals(weights, ones(weights.length)), tensor.name());
          continue;
        }
        double scale = Math.sqrt(tensor.columns());
        double sum = 0;
        double squares = 0;
        for (float weight : weights) {
          sum += weight * scale;
          squares += weight * scale * weight * scale;
        }
        assertEquals(1, Math.sqrt(squares / weights.length), 0.08, tensor.name());
        assertEquals(0, sum / weights.length, 0.12, tensor.name());
      }
    }
  }

  @Test
  void theSameSeedGivesTheSameFile() throws IOException {
    Path first = write("first.gguf", QuantisationMix.Q4_K_M, 1);
    assertEquals(-1, Files.mismatch(first, write("again.gguf", QuantisationMix.Q4_K_M, 1)));
    assertFalse(Files.mismatch(first, write("other.gguf", QuantisationMix.Q4_K_M, 2)) == -1);
  }

  @Test
  void hasTheDemoTokenizerPaddedToItsVocabulary() throws IOException {
    LlamaShape shape = new LlamaShape(64, 1, 2, 1, 64, 4000, true);
    Path file = folder.resolve("padded.gguf");
    new RandomLlama(shape, QuantisationMix.Q8_0, demoMetadata(), 1).write(file);
    try (GgufFile gguf = GgufFile.open(file)) {
      List<String> demo = demoMetadata().strings("tokenizer.ggml.tokens").orElseThrow();
      List<String> tokens = gguf.metadata().strings("tokenizer.ggml.tokens").orElseThrow();
      assertEquals(demo, tokens.subList(0, demo.size()));
      assertEquals(4000, tokens.size());
      assertEquals("[PAD3999]", tokens.get(3999));
      long[] types = gguf.metadata().integers("tokenizer.ggml.token_type").orElseThrow();
      assertEquals(1, types[3999]);
      assertEquals(
          demoMetadata().strings("tokenizer.ggml.merges"),
          gguf.metadata().strings("tokenizer.ggml.merges"));
      assertFalse(gguf.tensors().containsKey("output.weight"));
    }
    LlamaShape small = new LlamaShape(64, 1, 2, 1, 64, 100, true);
    assertThrows(
        IllegalArgumentException.class,
        () -> new RandomLlama(small, QuantisationMix.Q8_0, demoMetadata(), 1).write(file));
  }

  @Test
  void storesTheSensitiveMatricesOfTheMixInSixBits() {
    QuantisationMix mix = QuantisationMix.Q4_K_M;
    List<Integer> sixBits =
        IntStream.range(0, 22)
            .filter(layer -> mix.sensitiveType(layer, 22) == TensorType.Q6_K)
            .boxed()
            .toList();
    assertEquals(List.of(0, 1, 4, 7, 10, 13, 16, 19, 20, 21), sixBits);
    assertEquals(TensorType.Q8_0, QuantisationMix.Q8_0.sensitiveType(0, 22));
  }

  @Test
  void readsShapesByNameAndBySizes() {
    assertEquals(new LlamaShape(2048, 22, 32, 4, 5632, 32000, false), LlamaShape.of("1.1b"));
    assertEquals(LlamaShape.of("1.1b"), LlamaShape.of("2048,22,32,4,5632,32000"));
    assertThrows(IllegalArgumentException.class, () -> LlamaShape.of("2b"));
    assertThrows(IllegalArgumentException.class, () -> LlamaShape.of("1,2,3,4,5,x"));
    assertThrows(IllegalArgumentException.class, () -> LlamaShape.of("64,1,3,1,64,100"));
  }

  private Path write(String name, QuantisationMix mix, long seed) throws IOException {
    Path file = folder.resolve(name);
    new RandomLlama(LlamaShape.of("tiny"), mix, demoMetadata(), seed).write(file);
    return file;
  }

  private static GgufMetadata demoMetadata() throws IOException {
    try (GgufFile demo = GgufFile.open(DEMO)) {
      return demo.metadata();
    }
  }

  private static float[] ones(int count) {
    float[] ones = new float[count];
    Arrays.fill(ones, 1);
    return ones;
  }
}
