package io.slinfer.placement;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.slinfer.admission.DeviceSnapshot;
import io.slinfer.admission.InstanceSnapshot;
import io.slinfer.cost.DeviceKind;
import io.slinfer.cost.DeviceSpec;
import io.slinfer.cost.InstanceCosts;
import io.slinfer.cost.LatencyProfile;
import io.slinfer.cost.LatencyProfile.Curve;
import io.slinfer.cost.LatencyProfile.DecodeRow;
import io.slinfer.cost.MemoryTimes;
import io.slinfer.cost.ModelShape;
import io.slinfer.request.DeviceId;
import io.slinfer.request.ModelId;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who leaves so that a parked instance comes back: a load takes 10 ms here. */
final class SwapTest {

  private static final long MILLI = 1_000_000;
  private static final int BLOCK_TOKENS = 16;
  private static final long KV_BYTES_PER_TOKEN = 1 << 10;
  private static final long BLOCK_BYTES = BLOCK_TOKENS * KV_BYTES_PER_TOKEN;
  private static final long WEIGHT_BYTES = 10_000_000;
  private static final long CAPACITY_BYTES = 2 * WEIGHT_BYTES + 60 * BLOCK_BYTES;
  private static final DeviceSpec DEVICE =
      new DeviceSpec(new DeviceId("cpu"), DeviceKind.CPU, CAPACITY_BYTES, 8, BLOCK_TOKENS, 0, 1);
  private static final MemoryTimes TIMES = new MemoryTimes(0, 1, 0, 1, 0, 0, 0);
  private static final InstanceCosts COSTS =
      new InstanceCosts(
          new ModelShape(WEIGHT_BYTES, KV_BYTES_PER_TOKEN, 1), latency(), 1, 64, BLOCK_TOKENS);

  private final Swap swap = new Swap(null, null, TIMES);

  private static LatencyProfile latency() {
    Curve flat = new Curve(new double[] {1, 1024}, new double[] {1_000, 1_000});
    return new LatencyProfile(flat, List.of(new DecodeRow(1024, flat)));
  }

  /** An instance with one request that decodes, as the cases below change it. */
  private record Decoding(
      int index, long dueMillis, int blocks, boolean away, boolean stays, long prefillNanos) {

    static Decoding here(int index, long dueMillis) {
      return new Decoding(index, dueMillis, 10, false, false, 0);
    }

    static Decoding away(int index, long dueMillis) {
      return new Decoding(index, dueMillis, 10, true, false, 0);
    }

    Decoding holding(int newBlocks) {
      return new Decoding(index, dueMillis, newBlocks, away, stays, prefillNanos);
    }

    Decoding staying() {
      return new Decoding(index, dueMillis, blocks, away, true, prefillNanos);
    }

    Decoding withPrompt() {
      return new Decoding(index, dueMillis, blocks, away, stays, 1);
    }

    InstanceSnapshot snapshot() {
      return new InstanceSnapshot(
          index,
          new ModelId("m" + index),
          COSTS,
          0,
          away,
          !away,
          !away,
          blocks,
          1,
          1,
          0,
          blocks * BLOCK_TOKENS,
          blocks,
          away ? blocks : 0,
          0,
          Long.MAX_VALUE,
          60_000 * MILLI,
          dueMillis * MILLI,
          prefillNanos,
          250 * MILLI,
          stays,
          true,
          away,
          false);
    }
  }

  /** The index of who leaves for the first of these; null for nobody. */
  private Integer leavesForFirst(Decoding... all) {
    return leavesForFirst(List.of(), WEIGHT_BYTES, all);
  }

  private Integer leavesForFirst(List<Integer> leaving, long missingBytes, Decoding... all) {
    List<InstanceSnapshot> instances = List.of(all).stream().map(Decoding::snapshot).toList();
    DeviceSnapshot device =
        new DeviceSnapshot(0, DEVICE, CAPACITY_BYTES, Long.MAX_VALUE, 4, 1, 0, instances);
    InstanceSnapshot victim =
        swap.forParked(device, instances.getFirst(), leaving, missingBytes, 0);
    return victim == null ? null : victim.index();
  }

  @Test
  void whoHasMostTimeLeavesForWhoHasLittle() {
    assertEquals(
        2, leavesForFirst(Decoding.away(0, 200), Decoding.here(1, 900), Decoding.here(2, 1_500)));
  }

  @Test
  void nobodyLeavesForWhoHasTimeYet() {
    assertNull(leavesForFirst(Decoding.away(0, 520), Decoding.here(1, 1_900)));
    assertEquals(1, leavesForFirst(Decoding.away(0, 509), Decoding.here(1, 1_900)));
  }

  @Test
  void nobodyLeavesWhoHasHardlyMoreTime() {
    assertNull(leavesForFirst(Decoding.away(0, 200), Decoding.here(1, 499)));
    assertEquals(1, leavesForFirst(Decoding.away(0, 200), Decoding.here(1, 501)));
  }

  @Test
  void whoStaysOrHasAPromptToReadDoesNotLeave() {
    assertNull(leavesForFirst(Decoding.away(0, 200), Decoding.here(1, 1_900).staying()));
    assertNull(leavesForFirst(Decoding.away(0, 200), Decoding.here(1, 1_900).withPrompt()));
  }

  @Test
  void whoLeavesAnywayOrGivesTooLittleIsNotAsked() {
    Decoding[] all = {Decoding.away(0, 200), Decoding.here(1, 900), Decoding.here(2, 1_500)};
    assertEquals(1, leavesForFirst(List.of(2), WEIGHT_BYTES, all));
    assertNull(leavesForFirst(List.of(), WEIGHT_BYTES + 1, all));
  }

  /** What is away keeps its blocks; beside those there must be room for the weights of one. */
  @Test
  void whatIsAwayTogetherCanAlwaysComeBack() {
    int half = (int) ((CAPACITY_BYTES - WEIGHT_BYTES) / BLOCK_BYTES / 2);
    Decoding parked = Decoding.away(0, 200);
    Decoding other = Decoding.away(2, 1_900).holding(half);
    assertEquals(1, leavesForFirst(parked, Decoding.here(1, 1_900).holding(half), other));
    assertNull(leavesForFirst(parked, Decoding.here(1, 1_900).holding(half + 1), other));
  }
}
