package io.slinfer.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.config.FaultFile;
import io.slinfer.config.FaultFile.Fault;
import io.slinfer.config.FaultFile.Kind;
import io.slinfer.cost.CostCorrection;
import io.slinfer.sim.Simulation.Scenario;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SlowDeviceTest {

  @Test
  void aDeviceThreeTimesAsSlowIsFoundOutAndTheOthersAreNotBlamed() {
    Scenario world = SmallWorlds.scenario(12, "slinfer", false);
    Fault slow = new Fault(Kind.SLOW_DEVICE, "gpu:0", 0, 1000, 3, 0, 0);
    Simulation simulation =
        new Simulation(
            new Scenario(
                world.cluster(),
                world.profile(),
                world.policy(),
                world.arrivals(),
                world.endNanos(),
                world.seed(),
                new FaultFile(List.of(slow))));
    simulation.run();
    simulation
        .devices()
        .forEach(
            device -> {
              CostCorrection learnt = device.correction();
              boolean isSlow = device.spec().id().value().equals("gpu:0");
              assertEquals(isSlow ? 3 : 1, learnt.deviceFactor(), 0.1, device.spec().id().value());
              assertTrue(learnt.predictionError() < 0.05, "error " + learnt.predictionError());
            });
  }
}
