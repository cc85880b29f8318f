package io.slinfer.packing.verticle;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.slinfer.cluster.InstanceState;
import io.slinfer.packing.Consolidation;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class ClusterPackingTest {

  private static final long SECOND = 1_000_000_000L;

  private final ClusterPacking packing = new ClusterPacking(Consolidation.USUAL);
  private final Map<String, InstanceState> instances = new HashMap<>();

  @Test
  void theSmallerOfTwoNodesInstancesLeavesOnceAndNoOtherBeforeItIsGone() {
    put("a/1", "a", "m", "loaded", 3, 0.2);
    put("b/1", "b", "m", "loaded", 1, 0.1);
    assertEquals(Set.of("b/1"), plan(0));
    assertEquals(Set.of(), plan(SECOND));
    // What is told is old: the other one looks smaller now, but the order is on its way.
    put("a/1", "a", "m", "loaded", 0, 0);
    assertEquals(Set.of(), plan(2 * SECOND));
    put("b/1", "b", "m", "leaving", 1, 0.1);
    assertEquals(Set.of(), plan(3 * SECOND));
    instances.remove("b/1");
    assertEquals(Set.of(), plan(4 * SECOND));
  }

  @Test
  void anOrderThatDidNotArriveIsGivenAgain() {
    put("a/1", "a", "m", "loaded", 3, 0.2);
    put("b/1", "b", "m", "loaded", 1, 0.1);
    assertEquals(Set.of("b/1"), plan(0));
    assertEquals(Set.of("b/1"), plan(6 * SECOND));
  }

  @Test
  void nobodyLeavesForADeviceThatHasNoTime() {
    put("a/1", "a", "m", "loaded", 3, 0.4);
    put("a/2", "a", "other", "loaded", 3, 0.3);
    put("b/1", "b", "m", "loaded", 1, 0.1);
    assertEquals(Set.of(), plan(0));
  }

  @Test
  void nobodyLeavesForALostNode() {
    put("a/1", "lost", "m", "loaded", 3, 0.2);
    put("b/1", "b", "m", "loaded", 1, 0.1);
    assertEquals(Set.of(), plan(0));
  }

  private Set<String> plan(long nowNanos) {
    return packing.plan(instances, node -> !node.equals("lost"), nowNanos).keySet();
  }

  private void put(String key, String node, String model, String state, int running, double share) {
    int index = Integer.parseInt(key.substring(2));
    instances.put(
        key,
        new InstanceState(node, "cpu", 0, index, model, state, false, running, 0, share, 1, 1, 1));
  }
}
