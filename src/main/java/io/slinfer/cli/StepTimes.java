package io.slinfer.cli;

import io.slinfer.config.ProfileFile.DecodeRow;
import io.slinfer.config.ProfileFile.DeviceLatency;
import io.slinfer.engine.KvImage;
import io.slinfer.engine.Sequence;
import io.slinfer.engine.SequenceChunk;
import io.slinfer.request.Sampling;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Measures a model's latency profile: prefills of growing length, and decode iterations of growing
 * batch after each, until the time is up or the context ends. The first length is measured in any
 * case. Confined to the session's thread.
 */
final class StepTimes {

  private static final int[] LENGTHS = {32, 128, 512, 1_024, 2_048, 4_096, 8_192};
  private static final int[] BATCHES = {1, 2, 4, 8, 16, 32, 64};
  private static final int DECODES = 5;

  /** How many tokens the decodes of one length append. */
  private static final int MOST_DECODED = DECODES * BATCHES.length + 1;

  private static final double TPOT_MILLIS = 250;

  private final EngineSession session;
  private final long endNanos;
  private final List<double[]> prefills = new ArrayList<>();
  private final List<DecodeRow> rows = new ArrayList<>();

  private StepTimes(EngineSession session, long budgetNanos) {
    this.session = session;
    this.endNanos = System.nanoTime() + budgetNanos;
  }

  /**
   * The profile.
   *
   * @param budgetNanos no measurement begins later, and none that is likely to end later
   */
  static DeviceLatency measure(EngineSession session, long budgetNanos)
      throws EngineSession.FailedException {
    StepTimes times = new StepTimes(session, budgetNanos);
    times.warmUp();
    double lastMillis = 0;
    for (int length : LENGTHS) {
      boolean first = times.prefills.isEmpty();
      int fits = Math.min(length, session.model().contextTokens() - MOST_DECODED);
      // The next length costs about four times the last one, its decodes as much again.
      if (!first && (fits < length || !times.hasTimeFor(8 * lastMillis))) {
        break;
      }
      lastMillis = times.measureLength(fits);
    }
    return times.result();
  }

  private void warmUp() throws EngineSession.FailedException {
    Sequence sequence = random(Math.min(8, session.model().contextTokens() - 2));
    session.step(List.of(new SequenceChunk(sequence, sequence.promptLength())));
    session.step(List.of(new SequenceChunk(sequence, 1)));
    session.release(sequence);
  }

  private double measureLength(int length) throws EngineSession.FailedException {
    Sequence first = random(length);
    double prefillMillis =
        session.step(List.of(new SequenceChunk(first, length))).durationNanos() / 1e6;
    prefills.add(new double[] {length, prefillMillis});
    List<Sequence> sequences = new ArrayList<>(List.of(first));
    List<double[]> batches = new ArrayList<>();
    try (KvImage image = session.exportKv(first)) {
      double lastMillis = 0;
      for (int batch : BATCHES) {
        if (!batches.isEmpty() && !hasTimeFor(2 * DECODES * lastMillis)) {
          break;
        }
        while (sequences.size() < batch) {
          sequences.add(copy(first, length, image));
        }
        lastMillis = decodeMillis(sequences);
        batches.add(new double[] {batch, lastMillis});
      }
    } finally {
      sequences.forEach(session::release);
    }
    rows.add(new DecodeRow(length, batches.toArray(double[][]::new)));
    return prefillMillis;
  }

  private Sequence copy(Sequence first, int length, KvImage image)
      throws EngineSession.FailedException {
    Sequence copy = random(length);
    session.importKv(copy, image);
    copy.append(first.token(length));
    return copy;
  }

  /** The median of some iterations. */
  private double decodeMillis(List<Sequence> sequences) throws EngineSession.FailedException {
    double[] millis = new double[DECODES];
    for (int i = 0; i < DECODES; i++) {
      List<SequenceChunk> chunks = new ArrayList<>();
      for (Sequence sequence : sequences) {
        chunks.add(new SequenceChunk(sequence, 1));
      }
      millis[i] = session.step(chunks).durationNanos() / 1e6;
    }
    Arrays.sort(millis);
    return millis[DECODES / 2];
  }

  private boolean hasTimeFor(double millis) {
    return System.nanoTime() + Math.round(millis * 1e6) - endNanos < 0;
  }

  private DeviceLatency result() {
    double[][] batches = rows.getLast().batches();
    return new DeviceLatency(
        limit(batches, TPOT_MILLIS),
        limit(batches, TPOT_MILLIS / 2),
        prefills.toArray(double[][]::new),
        rows);
  }

  /** The largest measured batch that keeps to the limit; at least 1. */
  private static int limit(double[][] batches, double millis) {
    int most = 1;
    for (double[] batch : batches) {
      if (batch[1] <= millis) {
        most = (int) batch[0];
      }
    }
    return most;
  }

  private Sequence random(int length) {
    int vocabulary = session.model().vocabularySize();
    return session.sequence(
        new Random(length).ints(length, 0, vocabulary).toArray(), Sampling.GREEDY);
  }
}
