package io.slinfer.packing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.slinfer.admission.Candidate;
import io.slinfer.admission.DeviceSnapshot;
import io.slinfer.admission.InstanceSnapshot;
import io.slinfer.cost.DeviceKind;
import io.slinfer.cost.DeviceSpec;
import io.slinfer.cost.InstanceCosts;
import io.slinfer.packing.Consolidation.Retire;
import io.slinfer.request.DeviceId;
import io.slinfer.request.ModelId;
import io.slinfer.testing.Scripts;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ConsolidationTest {

  private static final Consolidation CONSOLIDATION = new Consolidation(0.95, 0.7);
  private static final DeviceSpec SPEC =
      new DeviceSpec(new DeviceId("cpu"), DeviceKind.CPU, 1 << 20, 8, 16, 1 << 10, 1);

  @Test
  void theSmallerOfTwoInstancesLeavesWhenTheOtherDeviceHasTheTime() {
    List<DeviceSnapshot> devices = List.of(device(0, "one", 3, 1), device(1, "one", 1, 1));
    assertEquals(List.of(new Retire(1, -1)), CONSOLIDATION.plan(devices));
  }

  @Test
  void nothingLeavesWhenTheOtherDeviceIsBusy() {
    List<DeviceSnapshot> devices = List.of(device(0, "one", 3, 2_000), device(1, "one", 1, 2_000));
    assertEquals(List.of(), CONSOLIDATION.plan(devices));
  }

  @Test
  void oneInstanceOfAModelStaysWhereItIs() {
    List<DeviceSnapshot> devices = List.of(device(0, "one", 3, 1), device(1, "two", 1, 1));
    assertEquals(List.of(), CONSOLIDATION.plan(devices));
  }

  private static DeviceSnapshot device(int index, String model, int batch, double slowness) {
    InstanceCosts costs = Scripts.costs(Scripts.SMALL, slowness);
    InstanceSnapshot instance = InstanceSnapshot.fresh(new ModelId(model), costs, SPEC);
    for (int i = 0; i < batch; i++) {
      instance =
          instance.with(
              new Candidate(new ModelId(model), 100, Long.MAX_VALUE, 250_000_000), SPEC, 0);
    }
    return new DeviceSnapshot(index, SPEC, 0, Long.MAX_VALUE, 7, 1, 0, List.of(instance));
  }
}
