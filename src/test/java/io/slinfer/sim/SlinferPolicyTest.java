package io.slinfer.sim;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.slinfer.config.ClusterFile;
import io.slinfer.config.FaultFile;
import io.slinfer.trace.Trace;
import io.slinfer.trace.TraceFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Holds what docs/results/simulation.md says of our policy against the paper's. */
final class SlinferPolicyTest {

  private static final Path DATA = Path.of(System.getProperty("slinfer.shared"), "data");
  private static final long HALF_HOUR_NANOS = 1_800_000_000_000L;

  @ParameterizedTest(
      name = "{0} {1} x {2}: meets at least {3} times what the paper''s policy meets")
  @CsvSource({
    "azure-conversation,3b,32,0.995",
    "azure-conversation,3b,64,0.995",
    "azure-conversation,3b,128,0.995",
    "azure-conversation,7b,32,0.995",
    "azure-conversation,7b,64,0.995",
    "azure-conversation,7b,128,1.06",
    "azure-conversation,13b,32,0.995",
    "azure-conversation,13b,64,1.04",
    "azure-conversation,13b,128,1.07",
    "azure-code,7b,32,1.05",
    "azure-code,7b,128,1.02",
    "humaneval,7b,128,0.99",
  })
  void meetsMoreThanThePaper(String trace, String size, int models, double factor)
      throws IOException {
    assumeTrue(Files.isDirectory(DATA), "the shared fixtures folder is absent");
    Report paper = simulate(trace, PolicyName.SLINFER_PAPER, size, models);
    Report ours = simulate(trace, PolicyName.SLINFER, size, models);
    assertTrue(
        ours.sloMet() >= factor * paper.sloMet(),
        "ours " + ours.sloMet() + ", paper " + paper.sloMet());
  }

  private static Report simulate(String trace, PolicyName policy, String size, int models)
      throws IOException {
    Path file = Path.of("conf/clusters/paper-4c4g-" + size + ".yaml");
    ClusterFile cluster = ClusterFile.read(file);
    Trace arrivals = TraceFile.read(DATA.resolve("traces/" + trace + ".json"), models);
    return new Simulation(
            new Simulation.Scenario(
                cluster,
                cluster.profile(file),
                policy,
                arrivals.select(models, HALF_HOUR_NANOS),
                HALF_HOUR_NANOS,
                1,
                FaultFile.NONE))
        .run();
  }
}
