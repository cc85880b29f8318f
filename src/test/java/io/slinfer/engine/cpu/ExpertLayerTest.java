package io.slinfer.engine.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.slinfer.cli.EngineSession;
import io.slinfer.engine.ModelSource;
import io.slinfer.engine.Sequence;
import io.slinfer.engine.SequenceChunk;
import io.slinfer.engine.device.RecordedLogits;
import io.slinfer.model.gguf.GgufFile;
import io.slinfer.model.gguf.GgufTensor;
import io.slinfer.model.gguf.GgufWriter;
import io.slinfer.model.gguf.TensorType;
import io.slinfer.request.ModelId;
import io.slinfer.request.Sampling;
import io.slinfer.testing.Fixtures;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Mixtures of experts made of a dense model, whose results are known. */
final class ExpertLayerTest {

  private static final int EXPERTS = 4;
  private static final int[] PROMPT = {1, 50, 99, 3, 77, 120, 8, 300, 41, 6, 202, 17};

  @TempDir static Path folder;
  private static Path dense;
  private static float[] denseLogits;

  @BeforeAll
  static void runDenseModel() throws Exception {
    Path packed = Fixtures.shipped().resolve("arch/llama3-rope/llama3-rope.f16.gguf.gz");
    dense = Fixtures.unpack(packed, folder);
    denseLogits = lastLogits(dense);
  }

  @Test
  void equalExpertsGiveWhatTheDenseLayerGives() throws Exception {
    assertArrayEquals(denseLogits, lastLogits(mixture("stacked", true)), 1e-3f);
  }

  @Test
  void olderFilesHaveOneTensorAnExpert() throws Exception {
    assertArrayEquals(denseLogits, lastLogits(mixture("separate", false)), 1e-3f);
  }

  private static float[] lastLogits(Path model) throws EngineSession.FailedException {
    RecordedLogits recorded = new RecordedLogits();
    CpuEngine.Settings settings = new CpuEngine.Settings("test", 1L << 26, recorded);
    try (EngineSession session =
        new EngineSession(
            (listener, owner) -> CpuEngine.of(new ReferenceKernels(), settings, owner, listener),
            new ModelSource(new ModelId("experts"), List.of(model), 0))) {
      Sequence sequence = session.sequence(PROMPT, Sampling.GREEDY);
      session.step(List.of(new SequenceChunk(sequence, PROMPT.length)));
      return recorded.at(sequence, PROMPT.length - 1);
    }
  }

  /** The dense model with each feed-forward layer copied into experts behind a random router. */
  private static Path mixture(String name, boolean stacked) throws IOException {
    Path out = folder.resolve(name + ".gguf");
    try (GgufFile file = GgufFile.open(dense)) {
      GgufWriter writer = new GgufWriter();
      file.metadata().values().forEach(writer::put);
      writer.put("llama.expert_count", (long) EXPERTS).put("llama.expert_used_count", 2L);
      Map<String, GgufTensor> sources = new HashMap<>();
      for (GgufTensor tensor : file.tensors().values()) {
        if (tensor.name().contains(".ffn_") && !tensor.name().contains("norm")) {
          addExperts(writer, tensor, stacked, sources);
        } else {
          sources.put(tensor.name(), tensor);
          writer.tensor(tensor.name(), tensor.type(), tensor.dimensions().toArray(Long[]::new));
        }
      }
      for (int layer = 0; layer < 2; layer++) {
        writer.tensor(
            "blk." + layer + ".ffn_gate_inp.weight", TensorType.F32, 256L, (long) EXPERTS);
      }
      writer.write(out, tensor -> fill(tensor, sources.get(tensor.name())));
    }
    return out;
  }

  private static void addExperts(
      GgufWriter writer, GgufTensor tensor, boolean stacked, Map<String, GgufTensor> sources) {
    String stem = tensor.name().replace(".weight", "");
    if (stacked) {
      sources.put(stem + "_exps.weight", tensor);
      writer.tensor(
          stem + "_exps.weight", tensor.type(), tensor.columns(), tensor.rows(), (long) EXPERTS);
      return;
    }
    for (int i = 0; i < EXPERTS; i++) {
      sources.put(stem + "." + i + ".weight", tensor);
      writer.tensor(stem + "." + i + ".weight", tensor.type(), tensor.columns(), tensor.rows());
    }
  }

  private static void fill(GgufTensor tensor, GgufTensor source) {
    MemorySegment data = tensor.data();
    if (source == null) {
      Random random = new Random(7);
      for (long at = 0; at < data.byteSize(); at += Float.BYTES) {
        data.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at, (float) random.nextGaussian());
      }
      return;
    }
    long bytes = source.data().byteSize();
    assertEquals(0, data.byteSize() % bytes);
    for (long at = 0; at < data.byteSize(); at += bytes) {
      data.asSlice(at, bytes).copyFrom(source.data());
    }
  }
}
