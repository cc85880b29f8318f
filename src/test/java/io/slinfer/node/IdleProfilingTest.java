package io.slinfer.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.cost.CostCorrection;
import io.slinfer.cost.MeasuredSteps;
import io.slinfer.engine.SequenceChunk;
import io.slinfer.engine.StepPlan;
import io.slinfer.testing.NodeBench;
import io.slinfer.testing.NodeBench.Ask;
import io.slinfer.testing.ScriptedEngine.Script;
import io.slinfer.testing.Scripts;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Models are measured on an idle device, in virtual time; the books are checked all along. */
final class IdleProfilingTest {

  private static final long MILLI = 1_000_000;
  private static final long SECOND = 1_000_000_000;
  private static final long MIB = 1 << 20;

  private NodeBench bench;

  @AfterEach
  void close() {
    bench.close();
  }

  /** 1 ms a prompt token, 20 ms and 1 ms a request for decodes: far from what is reckoned. */
  private static long nanos(StepPlan plan) {
    long nanos = 0;
    long decodes = 0;
    for (SequenceChunk chunk : plan.chunks()) {
      boolean decode = chunk.tokens() == 1 && chunk.sequence().computed() > 0;
      nanos += decode ? 0 : chunk.tokens() * MILLI;
      decodes += decode ? 1 : 0;
    }
    return nanos + (decodes == 0 ? 0 : (20 + decodes) * MILLI);
  }

  private void bench(long memoryBytes) {
    Script script = Script.of(Scripts.SMALL, Scripts.alphabet());
    bench = new NodeBench(script.taking(IdleProfilingTest::nanos, 0), memoryBytes);
    bench.costs().measureFor(10 * SECOND);
  }

  private long probes() {
    return bench.stepsOf("probe");
  }

  @Test
  void measuresAModelOnceItsDeviceIsIdle() {
    bench(4 * MIB);
    bench.submit(Ask.of("a", "model", 8, 4));
    bench.run(SECOND);
    assertEquals(0, probes());
    bench.run(30 * SECOND);
    MeasuredSteps measured = bench.costs().measured().getFirst();
    for (double[] prefill : measured.prefills()) {
      assertEquals(prefill[0], prefill[1], 1e-6);
    }
    for (double[] batch : measured.decodes().getLast().batches()) {
      assertEquals(20 + batch[0], batch[1], 1e-6);
    }
    assertEquals(1_023, measured.decodes().getLast().tokens());
    bench.assertIdle();
    long all = probes();
    bench.submit(Ask.of("b", "model", 8, 4));
    bench.run(30 * SECOND);
    assertEquals(all, probes(), "measured again");
    assertEquals(1, bench.costs().measured().size());
  }

  @Test
  void admissionReckonsWithWhatWasMeasured() {
    bench(4 * MIB);
    bench.submit(Ask.of("a", "model", 8, 4));
    bench.run(30 * SECOND);
    assertEquals(bench.costs().learnt(), bench.loop().instances().getFirst().costs());
    bench.submit(Ask.of("b", "model", 512, 64));
    bench.run(5 * SECOND);
    double error = bench.loop().correction().predictionError();
    assertTrue(error < 0.05, "prediction error " + error);
  }

  @Test
  void aRequestWaitsForOneBoundedStepAtMost() {
    bench(4 * MIB);
    bench.submit(Ask.of("first", "model", 8, 4));
    for (int i = 0; i < 40; i++) {
      bench.run(1_300 * MILLI + i * 7 * MILLI);
      bench.submit(Ask.of("r" + i, "model", 100, 4));
      bench.run(SECOND);
      assertTrue(bench.firstAfter("r" + i) <= 100 * MILLI + 300 * MILLI, "r" + i + " waited");
    }
    bench.run(60 * SECOND);
    assertEquals(41, bench.finished());
    assertEquals(1, bench.costs().measured().size());
    bench.assertIdle();
  }

  @Test
  void aModelThatLeavesMeanwhileIsMeasuredWhenItComesAgain() {
    bench(2 * MIB + (96 << 10));
    bench.submit(Ask.of("a", "one", 8, 4));
    bench.run(1_500 * MILLI);
    assertTrue(probes() > 0);
    for (int i = 0; i < 6; i++) {
      bench.submit(Ask.of("other" + i, i % 2 == 0 ? "two" : "three", 700, 40));
      bench.run(4 * SECOND);
    }
    bench.submit(Ask.of("b", "one", 8, 4));
    bench.run(60 * SECOND);
    assertEquals(8, bench.finished());
    assertEquals(
        List.of(32),
        bench.costs().measured().stream().map(IdleProfilingTest::first).distinct().toList());
    bench.assertIdle();
  }

  private static int first(MeasuredSteps steps) {
    return steps.decodes().getFirst().tokens();
  }

  @Test
  void withoutAMeasurementStepsCorrectWhatIsReckoned() {
    bench(4 * MIB);
    bench.costs().measureFor(0);
    CostCorrection correction = bench.loop().correction();
    bench.submit(Ask.of("a", "model", 8, 300));
    bench.run(2 * SECOND);
    assertTrue(correction.deviceFactor() > 3.9, "factor " + correction.deviceFactor());
    assertEquals(0, probes());
  }
}
