package io.slinfer.cost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.cost.StepProbe.Limits;
import io.slinfer.cost.StepProbe.Step;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Probes of a machine whose steps take what a formula says. */
final class StepProbeTest {

  private static final long MILLI = 1_000_000;
  private static final long SECOND = 1_000_000_000;

  /** 4 ms a prompt token; decodes 25 ms, 4 ms more a request, 1 us a token of context. */
  private static long nanos(Step step) {
    return step.batch() == 0
        ? step.promptTokens() * 4 * MILLI
        : 25 * MILLI + step.batch() * (4 * MILLI + step.from() * 1_000L);
  }

  private static List<Step> run(StepProbe probe) {
    List<Step> steps = new ArrayList<>();
    for (Step step = probe.next(); step != null; step = probe.next()) {
      assertTrue(steps.size() < 10_000, "it never ends");
      steps.add(step);
      probe.took(nanos(step));
    }
    assertNull(probe.next());
    return steps;
  }

  private static StepProbe probe(long totalNanos, long stepNanos, int tokens) {
    return new StepProbe(new Limits(totalNanos, stepNanos, tokens, 256));
  }

  @Test
  void measuresWhatStepsTake() {
    StepProbe probe = probe(60 * SECOND, Long.MAX_VALUE, 4_096);
    run(probe);
    MeasuredSteps result = probe.result();
    assertEquals(6, result.prefills().size());
    for (int i = 0; i < 6; i++) {
      double[] prefill = result.prefills().get(i);
      assertEquals(4 * prefill[0], prefill[1], 1e-6);
      MeasuredSteps.Row row = result.decodes().get(i);
      assertEquals(prefill[0], row.tokens());
      for (double[] batch : row.batches()) {
        assertEquals(25 + batch[0] * (4 + row.tokens() / 1_000.0), batch[1], 1e-6);
      }
    }
    assertEquals(7, result.decodes().getFirst().batches().size());
  }

  @Test
  void noStepTakesMuchLongerThanItMay() {
    StepProbe probe = probe(10 * SECOND, 100 * MILLI, 4_096);
    for (Step step : run(probe)) {
      long most = step.batch() == 0 ? 100 * MILLI : 200 * MILLI;
      assertTrue(nanos(step) <= most, step + " takes " + nanos(step));
    }
  }

  @Test
  void endsWhenTheTimeIsSpentButKnowsTheFirstLength() {
    for (long total : new long[] {1, SECOND, 3 * SECOND, 10 * SECOND}) {
      StepProbe probe = probe(total, 100 * MILLI, 4_096);
      run(probe);
      assertEquals(32, probe.result().decodes().getFirst().tokens());
      long first = 2 * SECOND / 5;
      assertTrue(probe.spentNanos() <= Math.max(first, total), total + ": " + probe.spentNanos());
    }
  }

  @Test
  void aShortContextIsMeasuredToItsEnd() {
    StepProbe probe = probe(60 * SECOND, Long.MAX_VALUE, 100);
    List<Step> steps = run(probe);
    assertTrue(steps.stream().allMatch(step -> step.length() <= 100));
    assertEquals(
        List.of(32, 100),
        probe.result().decodes().stream().map(MeasuredSteps.Row::tokens).toList());
  }

  @Test
  void whatWasBegunOfALengthIsMeasuredAgainAfterAnInterruption() {
    StepProbe whole = probe(60 * SECOND, 100 * MILLI, 1_024);
    run(whole);
    StepProbe cut = probe(60 * SECOND, 100 * MILLI, 1_024);
    int count = 0;
    for (Step step = cut.next(); step != null && count < 5_000; step = cut.next()) {
      if (++count % 97 == 0) {
        cut.interrupted();
        assertTrue(cut.next() == null || cut.next().from() == 0, "starts from nothing");
        step = cut.next();
      }
      cut.took(nanos(step));
    }
    assertEquals(whole.result().prefills().size(), cut.result().prefills().size());
    for (int i = 0; i < whole.result().prefills().size(); i++) {
      assertEquals(whole.result().prefills().get(i)[1], cut.result().prefills().get(i)[1], 1e-6);
    }
  }

  @Test
  void lengthsBeyondTheMeasuredOnesGoOnInALine() {
    StepProbe probe = probe(2 * SECOND, 100 * MILLI, 4_096);
    run(probe);
    MeasuredSteps.Row last = probe.result().decodes().getLast();
    LatencyProfile.DecodeRow[] rows =
        probe.result().decodes().stream().map(StepProbeTest::row).toArray(n -> rows(n));
    LatencyProfile profile =
        new LatencyProfile(
            new LatencyProfile.Curve(new double[] {32}, new double[] {1}), List.of(rows));
    assertTrue(last.tokens() < 1_024, last.toString());
    assertEquals(29 * MILLI + 8_192_000, profile.drawnOutTo(1 << 20).decodeNanos(8_192, 1), 1e3);
    assertTrue(profile.decodeNanos(8_192, 1) > 200 * MILLI, "in proportion it were absurd");
  }

  private static LatencyProfile.DecodeRow row(MeasuredSteps.Row row) {
    double[] x = row.batches().stream().mapToDouble(batch -> batch[0]).toArray();
    double[] y = row.batches().stream().mapToDouble(batch -> batch[1] * 1e6).toArray();
    return new LatencyProfile.DecodeRow(row.tokens(), new LatencyProfile.Curve(x, y));
  }

  private static LatencyProfile.DecodeRow[] rows(int count) {
    return new LatencyProfile.DecodeRow[count];
  }
}
