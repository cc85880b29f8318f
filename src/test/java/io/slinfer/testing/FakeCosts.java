package io.slinfer.testing;

import io.slinfer.config.ProfileFile;
import io.slinfer.config.ProfileFile.DeviceLatency;
import io.slinfer.cost.DeviceKind;
import io.slinfer.cost.InstanceCosts;
import io.slinfer.cost.MeasuredSteps;
import io.slinfer.engine.ModelSource;
import io.slinfer.node.CostSource;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Costs that are given; it can ask for measurements and keeps them. */
public final class FakeCosts implements CostSource {

  private final InstanceCosts given;
  private final List<MeasuredSteps> measured = new ArrayList<>();
  private InstanceCosts learnt;
  private long probeNanos;

  FakeCosts(InstanceCosts given) {
    this.given = given;
  }

  /** Has models measured, for so long each; one that was measured is not measured again. */
  public void measureFor(long nanos) {
    probeNanos = nanos;
  }

  /** What was measured so far. */
  public List<MeasuredSteps> measured() {
    return List.copyOf(measured);
  }

  /** What is reckoned with since the last measurement; null before it. */
  public InstanceCosts learnt() {
    return learnt;
  }

  @Override
  public Future<Map<DeviceKind, InstanceCosts>> of(ModelSource source) {
    return Future.succeededFuture(Map.of(DeviceKind.CPU, given));
  }

  @Override
  public Future<Long> probeNanos(ModelSource source, DeviceKind kind) {
    return Future.succeededFuture(measured.isEmpty() ? probeNanos : 0);
  }

  @Override
  public Future<InstanceCosts> measured(ModelSource source, DeviceKind kind, MeasuredSteps steps) {
    measured.add(steps);
    InstanceCosts read =
        new ProfileFile("model", 1, 1, 1, Map.of("here", DeviceLatency.of(steps)))
            .costs("here", Scripts.MARGIN);
    learnt =
        new InstanceCosts(
            given.shape(),
            read.latency(),
            read.safety(),
            read.exclusiveBatchLimit(),
            read.halfShareBatchLimit());
    return Future.succeededFuture(learnt);
  }
}
