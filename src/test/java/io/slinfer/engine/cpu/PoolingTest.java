package io.slinfer.engine.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.slinfer.cli.EngineSession;
import io.slinfer.engine.EngineEvent.SequenceOutput;
import io.slinfer.engine.ModelSource;
import io.slinfer.engine.Sequence;
import io.slinfer.engine.SequenceChunk;
import io.slinfer.engine.device.LogitsObserver;
import io.slinfer.request.ModelId;
import io.slinfer.request.Pooling;
import io.slinfer.request.Sampling;
import io.slinfer.testing.Fixtures;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Embeddings of a decoder, where a token's state does not depend on later ones: so the state of
 * token k is the last state of the prompt's first k + 1 tokens.
 */
final class PoolingTest {

  private static final int[] PROMPT = {9, 8, 7, 6, 5, 400, 300};

  @TempDir static Path folder;
  private static EngineSession session;

  @BeforeAll
  static void load() throws Exception {
    Path packed = Fixtures.shipped().resolve("arch/granite/granite.f16.gguf.gz");
    ModelSource model =
        new ModelSource(new ModelId("granite"), List.of(Fixtures.unpack(packed, folder)), 0);
    CpuEngine.Settings settings = new CpuEngine.Settings("java", 1L << 26, LogitsObserver.NONE);
    session =
        new EngineSession(
            (listener, owner) -> CpuEngine.of(new ReferenceKernels(), settings, owner, listener),
            model);
  }

  @AfterAll
  static void close() {
    session.close();
  }

  @Test
  void theFirstStateIsThatOfThePromptCutAfterIt() throws Exception {
    assertArrayEquals(
        embedding(Arrays.copyOf(PROMPT, 1), Pooling.LAST), embedding(PROMPT, Pooling.FIRST), 1e-4f);
  }

  @Test
  void theMeanIsThatOfAllPromptsCutShort() throws Exception {
    float[] last = embedding(PROMPT, Pooling.LAST);
    double[] sum = new double[last.length];
    for (int length = 1; length <= PROMPT.length; length++) {
      float[] state = embedding(Arrays.copyOf(PROMPT, length), Pooling.LAST);
      for (int i = 0; i < sum.length; i++) {
        sum[i] += state[i] / (double) PROMPT.length;
      }
    }
    float[] expected = new float[sum.length];
    for (int i = 0; i < sum.length; i++) {
      expected[i] = (float) sum[i];
    }
    assertArrayEquals(expected, embedding(PROMPT, Pooling.MEAN), 1e-4f);
  }

  @ParameterizedTest
  @EnumSource(Pooling.class)
  void aPromptInPiecesBesideOthersGivesTheSame(Pooling pooling) throws Exception {
    float[] alone = embedding(PROMPT, pooling);
    Sequence pieces = session.sequence(PROMPT, Sampling.pooled(pooling));
    Sequence talking = session.sequence(new int[] {1, 2, 3}, Sampling.GREEDY);
    session.step(List.of(new SequenceChunk(talking, 3), new SequenceChunk(pieces, 3)));
    session.step(List.of(new SequenceChunk(pieces, 2), new SequenceChunk(talking, 1)));
    List<SequenceOutput> outputs =
        session
            .step(List.of(new SequenceChunk(talking, 1), new SequenceChunk(pieces, 2)))
            .outputs();
    assertEquals(2, outputs.size());
    assertArrayEquals(alone, outputs.getLast().draw().embedding(), 1e-4f);
  }

  @Test
  void aPromptThatBeginsAnewForgetsItsFirstStates() throws Exception {
    float[] alone = embedding(PROMPT, Pooling.MEAN);
    Sequence again = session.sequence(PROMPT, Sampling.pooled(Pooling.MEAN));
    session.step(List.of(new SequenceChunk(again, 4)));
    again.computed(0);
    assertArrayEquals(alone, embedding(again), 1e-4f);
  }

  private static float[] embedding(int[] prompt, Pooling pooling) throws Exception {
    return embedding(session.sequence(prompt, Sampling.pooled(pooling)));
  }

  private static float[] embedding(Sequence sequence) throws Exception {
    return session
        .step(List.of(new SequenceChunk(sequence, sequence.pending())))
        .outputs()
        .getFirst()
        .draw()
        .embedding();
  }
}
