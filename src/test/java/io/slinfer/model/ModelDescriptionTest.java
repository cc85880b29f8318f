package io.slinfer.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.model.gguf.GgufFile;
import io.slinfer.model.gguf.GgufMetadata;
import io.slinfer.model.gguf.GgufTensor;
import io.slinfer.testing.Fixtures;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ModelDescriptionTest {

  @TempDir static Path folder;
  private static GgufFile file;

  private final Map<String, Object> metadata = new HashMap<>(file.metadata().values());
  private final Map<String, GgufTensor> tensors = new LinkedHashMap<>(file.tensors());

  @BeforeAll
  static void open() throws IOException {
    Path packed = Fixtures.shipped().resolve("arch/llama3-rope/llama3-rope.f16.gguf.gz");
    file = GgufFile.open(Fixtures.unpack(packed, folder));
  }

  @AfterAll
  static void close() {
    file.close();
  }

  private ModelDescription read() throws UnservableModelException {
    return ModelDescription.read(new GgufMetadata(metadata), tensors);
  }

  private String reason() {
    return assertThrows(UnservableModelException.class, this::read).getMessage();
  }

  private void reshape(String name, Long... dimensions) {
    GgufTensor old = tensors.get(name);
    tensors.put(name, new GgufTensor(name, old.type(), List.of(dimensions), old.data()));
  }

  @Test
  void readsHyperparametersAndTheMemoryTheyNeed() throws Exception {
    ModelDescription description = read();
    Architecture architecture = description.architecture();
    assertEquals(256, architecture.hiddenSize());
    assertEquals(512, architecture.vocabularySize());
    assertEquals(2, architecture.layers().size());
    assertEquals(64, architecture.attention().headSize());
    assertEquals(2L * 2 * 16 * 128 * 2, description.memoryNeed().kvBlockBytes());
    assertTrue(description.memoryNeed().weightBytes() > 1 << 20);
    assertTrue(description.memoryNeed().scratchBytes() > 1 << 20);
  }

  @Test
  void saysWhichKeyIsMissing() {
    metadata.remove("llama.block_count");
    assertEquals("cannot be served because metadata key llama.block_count is missing", reason());
  }

  @Test
  void saysWhichArchitecturesThereAre() {
    metadata.put("general.architecture", "mamba");
    assertTrue(reason().contains("architecture mamba is not supported; allowed: llama, qwen2"));
  }

  @Test
  void refusesMistypedAndAbsurdValues() {
    metadata.put("llama.block_count", "two");
    assertTrue(reason().contains("llama.block_count is not a whole number"), reason());
    metadata.put("llama.block_count", 1L << 40);
    assertTrue(reason().contains("llama.block_count is 1099511627776; allowed: 1 to"), reason());
    metadata.put("llama.block_count", 2L);
    metadata.put("llama.rope.freq_base", Double.NaN);
    assertTrue(reason().contains("llama.rope.freq_base is NaN"), reason());
  }

  @Test
  void saysWhichTensorIsMissingOrMisshapen() {
    GgufTensor removed = tensors.remove("blk.1.ffn_up.weight");
    // Without a gate tensor ffn_up would be a fused one, so the width is what is named.
    assertTrue(reason().contains("tensor blk.1.ffn_up.weight is missing"), reason());
    tensors.put(removed.name(), removed);
    reshape("blk.0.attn_k.weight", 256L, 64L);
    assertEquals(
        "cannot be served because tensor blk.0.attn_k.weight is 256 x 64; expected 256 x 128",
        reason());
  }

  @Test
  void refusesTensorsItDoesNotUnderstand() {
    tensors.put("blk.0.attn_mystery.weight", tensors.get("blk.0.attn_norm.weight"));
    assertEquals(
        "cannot be served because tensor blk.0.attn_mystery.weight has no place in a llama model",
        reason());
  }

  @Test
  void refusesUnknownRopeScaling() {
    metadata.put("llama.rope.scaling.type", "spiral");
    assertTrue(reason().contains("rope.scaling.type spiral is unknown"), reason());
  }

  @Test
  void linearScalingDividesFrequencies() throws Exception {
    Rope plain = read().architecture().layers().getFirst().rope();
    metadata.put("llama.rope.scaling.type", "linear");
    metadata.put("llama.rope.scaling.factor", 4.0);
    Rope scaled = read().architecture().layers().getFirst().rope();
    for (int i = 0; i < plain.frequencies().length; i++) {
      assertEquals(plain.frequencies()[i] / 4, scaled.frequencies()[i], 1e-15);
    }
  }

  @Test
  void llama3ScalingByMetadataIsThatOfTheFactorTensor() throws Exception {
    Rope byTensor = read().architecture().layers().getFirst().rope();
    tensors.remove("rope_freqs.weight");
    metadata.put("llama.rope.scaling.type", "llama3");
    metadata.put("llama.rope.scaling.factor", 8.0);
    metadata.put("llama.rope.scaling.low_freq_factor", 1.0);
    metadata.put("llama.rope.scaling.high_freq_factor", 4.0);
    metadata.put("llama.rope.scaling.original_context_length", originalContext());
    Rope byMetadata = read().architecture().layers().getFirst().rope();
    for (int i = 0; i < byTensor.frequencies().length; i++) {
      double expected = byTensor.frequencies()[i];
      assertEquals(expected, byMetadata.frequencies()[i], expected * 1e-6, "pair " + i);
    }
  }

  private static long originalContext() throws IOException {
    Path fixture = Fixtures.shipped().resolve("arch/llama3-rope/fixture.json.gz");
    return Fixtures.json(fixture)
        .get("hf_config")
        .get("rope_parameters")
        .get("original_max_position_embeddings")
        .asLong();
  }

  @Test
  void windowPatternsAreHonoured() throws Exception {
    metadata.put("llama.attention.sliding_window", 32L);
    assertEquals(List.of(32, 32), windows());
    metadata.put("llama.attention.sliding_window_pattern", 2L);
    assertEquals(List.of(32, 0), windows());
    metadata.put("llama.attention.sliding_window_pattern", new boolean[] {false, true});
    assertEquals(List.of(0, 32), windows());
    metadata.put("llama.attention.sliding_window_pattern", new boolean[] {true});
    assertTrue(reason().contains("1 flags for 2 layers"), reason());
  }

  private List<Integer> windows() throws UnservableModelException {
    return read().architecture().layers().stream().map(Architecture.Layer::window).toList();
  }

  @Test
  void olmo3RotatesPlainlyInWindowsAndByYarnElsewhere() throws Exception {
    becomeOlmo2();
    metadata.put("olmo2.attention.sliding_window", 24L);
    metadata.put("olmo2.attention.sliding_window_pattern", new boolean[] {true, false});
    metadata.put("olmo2.rope.scaling.type", "yarn");
    metadata.put("olmo2.rope.scaling.factor", 8.0);
    metadata.put("olmo2.rope.scaling.original_context_length", 128L);
    Architecture.Layer local = read().architecture().layers().getFirst();
    Architecture.Layer global = read().architecture().layers().getLast();
    assertEquals(24, local.window());
    assertEquals(0, global.window());
    assertEquals(1, local.rope().magnitude());
    assertEquals(0.1 * Math.log(8) + 1, global.rope().magnitude(), 1e-12);
    double slowest = local.rope().frequencies()[31];
    assertEquals(slowest / 8, global.rope().frequencies()[31], slowest * 1e-9);
    assertEquals(1, global.rope().frequencies()[0], 1e-12);
    metadata.put("olmo2.rope.scaling.attn_factor", 1.25);
    assertEquals(1.25, read().architecture().layers().getLast().rope().magnitude());
    metadata.remove("olmo2.attention.sliding_window_pattern");
    assertEquals(List.of(24, 24), windows());
  }

  private void becomeOlmo2() {
    Map<String, Object> renamed = new HashMap<>();
    metadata.forEach((key, value) -> renamed.put(key.replaceFirst("^llama", "olmo2"), value));
    metadata.clear();
    metadata.putAll(renamed);
    metadata.put("general.architecture", "olmo2");
    tensors.remove("rope_freqs.weight");
    for (int i = 0; i < 2; i++) {
      String prefix = "blk." + i + ".";
      rename(prefix + "attn_norm.weight", prefix + "post_attention_norm.weight");
      rename(prefix + "ffn_norm.weight", prefix + "post_ffw_norm.weight");
      GgufTensor norm = tensors.get(prefix + "post_ffw_norm.weight");
      tensors.put(prefix + "attn_q_norm.weight", norm);
      tensors.put(prefix + "attn_k_norm.weight", norm);
      reshape(prefix + "attn_k_norm.weight", 128L);
    }
  }

  private void rename(String from, String to) {
    tensors.put(to, tensors.remove(from));
  }

  @Test
  void longropeTakesItsFactorsByTheLengthOfTheSequence() throws Exception {
    Path packed =
        Fixtures.shipped().resolve("arch/phi4mini-longrope/phi4mini-longrope.f16.gguf.gz");
    try (GgufFile phi = GgufFile.open(Fixtures.unpack(packed, folder))) {
      Rope rope = ModelDescription.read(phi).architecture().layers().getFirst().rope();
      assertEquals(48, rope.dimensions());
      assertEquals(1.1055415868759155, rope.magnitude(), 1e-7);
      assertTrue(rope.frequenciesFor(512) == rope.frequencies());
      assertTrue(rope.frequenciesFor(513) == rope.longFrequencies());
      assertTrue(rope.longFrequencies()[23] < rope.frequencies()[23]);
      metadata.clear();
      metadata.putAll(phi.metadata().values());
      metadata.remove("phi3.rope.scaling.attn_factor");
      tensors.clear();
      tensors.putAll(phi.tensors());
      double byPaper = Math.sqrt(1 + Math.log(4) / Math.log(512));
      double magnitude = read().architecture().layers().getFirst().rope().magnitude();
      assertEquals(byPaper, magnitude, 1e-12);
    }
  }

  @Test
  void anyChangeOfMetadataOrTensorsIsServedOrRefusedWithAReason() {
    long seed = Long.getLong("slinfer.seed", 20261123L);
    Random random = new Random(seed);
    Object[] values = {
      0L,
      1L,
      -1L,
      3L,
      64L,
      1L << 31,
      Long.MAX_VALUE,
      Long.MIN_VALUE,
      0.0,
      -1.0,
      1e300,
      Double.NaN,
      Double.POSITIVE_INFINITY,
      true,
      "",
      "yarn",
      "longrope",
      "llama3",
      List.of("a"),
      new long[0],
      new long[] {2, 1},
      new boolean[] {true, false},
      new double[] {1}
    };
    List<String> keys =
        new ArrayList<>(metadata.keySet().stream().filter(k -> k.startsWith("llama.")).toList());
    Collections.addAll(
        keys,
        "llama.attention.sliding_window",
        "llama.attention.sliding_window_pattern",
        "llama.rope.scaling.type",
        "llama.rope.scaling.factor",
        "llama.rope.scaling.original_context_length",
        "llama.rope.scaling.attn_factor",
        "llama.expert_count",
        "llama.expert_used_count",
        "llama.attention.scale",
        "llama.logit_scale");
    Collections.sort(keys);
    List<String> names = new ArrayList<>(tensors.keySet());
    for (int round = 0; round < 3000; round++) {
      metadata.clear();
      metadata.putAll(file.metadata().values());
      tensors.clear();
      tensors.putAll(file.tensors());
      for (int change = random.nextInt(3); change >= 0; change--) {
        metadata.put(keys.get(random.nextInt(keys.size())), values[random.nextInt(values.length)]);
      }
      if (random.nextInt(4) == 0) {
        tensors.remove(names.get(random.nextInt(names.size())));
      }
      try {
        assertTrue(read().memoryNeed().scratchBytes() > 0);
      } catch (UnservableModelException refused) {
        assertFalse(refused.reason().isBlank());
      } catch (RuntimeException crash) {
        throw new AssertionError("seed " + seed + " round " + round + " " + metadata, crash);
      }
    }
  }
}
