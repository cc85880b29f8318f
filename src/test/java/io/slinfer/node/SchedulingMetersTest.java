package io.slinfer.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.load.MetricsText;
import io.slinfer.testing.NodeBench;
import io.slinfer.testing.NodeBench.Ask;
import io.slinfer.testing.ScriptedEngine.Script;
import io.slinfer.testing.Scripts;
import org.junit.jupiter.api.Test;

/** What the meters say of a node in virtual time. */
final class SchedulingMetersTest {

  private static final long SECOND = 1_000_000_000L;
  private static final Script OK = Script.of(Scripts.SMALL, Scripts.saying("ok"));

  @Test
  void aColdStartIsToldByItsStages() {
    try (NodeBench bench = new NodeBench(OK.taking(SECOND / 10, 2 * SECOND), 4 << 20)) {
      bench.submit(Ask.of("a", "model", 5, 100));
      bench.run(SECOND);
      bench.submit(Ask.of("b", "model", 5, 100));
      bench.run(3 * SECOND);
      MetricsText text = bench.metrics();
      assertEquals(3, stage(text, "load"), 1e-6, "2 s for the first, 1 s for the second");
      assertEquals(0, stage(text, "queue") + stage(text, "place"), 1e-6);
      assertEquals(0.2, stage(text, "first_token"), 1e-6);
      assertTrue(text.sum("slinfer_step_slack_seconds_count") > 0);
      assertEquals(0, text.sum("slinfer_steps_late_total"));
    }
  }

  @Test
  void theLedgerIsThatOfTheDeviceAndLeavingHasAReason() {
    try (NodeBench bench = new NodeBench(OK, 4 << 20, "", "keep-alive: 1 s")) {
      bench.submit(Ask.of("a", "model", 5, 100));
      bench.run(SECOND / 2);
      MetricsText busy = bench.metrics();
      assertEquals(4 << 20, ledger(busy, "capacity"));
      assertEquals(bench.loop().ledger().promisedBytes(), ledger(busy, "promised"));
      assertEquals(bench.loop().ledger().actualBytes(), ledger(busy, "actual"));
      bench.run(2 * SECOND);
      MetricsText idle = bench.metrics();
      assertEquals(0, ledger(idle, "actual"));
      assertEquals(1, idle.where("reason", "keep_alive").sum("slinfer_instance_evictions_total"));
      assertEquals(1, idle.where("kind", "load").sum("slinfer_memory_work_seconds_count"));
    }
  }

  private static double stage(MetricsText text, String stage) {
    return text.where("stage", stage).sum("slinfer_cold_start_seconds_sum");
  }

  private static double ledger(MetricsText text, String account) {
    return text.where("account", account).sum("slinfer_ledger_bytes");
  }
}
