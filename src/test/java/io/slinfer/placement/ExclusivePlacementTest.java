package io.slinfer.placement;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.slinfer.admission.Candidate;
import io.slinfer.admission.DeviceSnapshot;
import io.slinfer.cost.DeviceSpec;
import io.slinfer.cost.InstanceCosts;
import io.slinfer.request.ModelId;
import io.slinfer.testing.RandomDevices;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class ExclusivePlacementTest {

  @Test
  void aDeviceThatIsGoneIsNotChosen() {
    Random random = new Random(1);
    DeviceSpec gpu = RandomDevices.gpu(random);
    InstanceCosts costs = RandomDevices.costs(random);
    DeviceSnapshot gone = new DeviceSnapshot(0, gpu, 0, Long.MAX_VALUE, 0, 1, 0, List.of());
    DeviceSnapshot there = new DeviceSnapshot(1, gpu, 0, Long.MAX_VALUE, 1, 1, 0, List.of());
    Candidate request = new Candidate(new ModelId("m"), 100, 1_000_000_000, 250_000_000);
    PlacementPolicy policy = new ExclusivePlacement(false, 1);
    assertInstanceOf(
        Placement.NoCapacity.class, policy.place(request, view(List.of(gone), costs), 0));
    Placement placement = policy.place(request, view(List.of(gone, there), costs), 0);
    assertEquals(1, assertInstanceOf(Placement.NewInstance.class, placement).device());
  }

  private static ClusterView view(List<DeviceSnapshot> devices, InstanceCosts costs) {
    return new ClusterView(devices, (model, kind) -> costs, 0, model -> 0, Map.of(), Map.of());
  }
}
