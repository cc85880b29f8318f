package io.slinfer.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.slinfer.config.ClusterFile;
import io.slinfer.config.FaultFile;
import io.slinfer.trace.Trace;
import io.slinfer.trace.TraceFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Compares with the reference runs of the authors' scheduler, cell by cell. */
final class ReproductionTest {

  private static final Path DATA = Path.of(System.getProperty("slinfer.shared"), "data");
  private static final long HALF_HOUR_NANOS = 1_800_000_000_000L;

  @ParameterizedTest(name = "{0} {1} serves as many as the reference within 4 %")
  @CsvSource({
    "sllm,3b", "sllm,7b", "sllm,13b",
    "sllm+c,3b", "sllm+c,7b", "sllm+c,13b",
    "sllm+c+s,3b", "sllm+c+s,7b", "sllm+c+s,13b",
    "slinfer-paper,3b", "slinfer-paper,7b", "slinfer-paper,13b",
  })
  void servesAsManyAsTheReference(String policy, String size) throws IOException {
    assumeTrue(Files.isDirectory(DATA), "the shared fixtures folder is absent");
    Map<String, Integer> reference = reference();
    Trace trace = TraceFile.read(DATA.resolve("traces/azure-conversation.json"), 1);
    for (int models : new int[] {32, 64, 128}) {
      double mean = 0;
      for (long seed = 1; seed <= 3; seed++) {
        mean += simulate(trace, policy, size, models, seed).sloMet() / 3.0;
      }
      int expected = reference.get(size + "," + models + ",4C4G,default," + policy);
      assertEquals(expected, mean, 0.04 * expected, policy + " " + size + " x " + models);
    }
  }

  @ParameterizedTest(name = "the same seed gives the same report: {0}")
  @CsvSource({"sllm+c+s", "slinfer-paper"})
  void sameSeedSameReport(String policy) throws IOException {
    assumeTrue(Files.isDirectory(DATA), "the shared fixtures folder is absent");
    Trace trace = TraceFile.read(DATA.resolve("traces/azure-conversation.json"), 1);
    Report once = simulate(trace, policy, "13b", 64, 7);
    Report again = simulate(trace, policy, "13b", 64, 7);
    assertEquals(once.sloMet(), again.sloMet());
    assertEquals(once.ttftP95(), again.ttftP95());
    assertTrue(once.wallSeconds() < 30, "took " + once.wallSeconds() + " s");
  }

  private static Report simulate(Trace trace, String policy, String size, int models, long seed)
      throws IOException {
    Path file = Path.of("conf/clusters/paper-4c4g-" + size + ".yaml");
    ClusterFile cluster = ClusterFile.read(file);
    return new Simulation(
            new Simulation.Scenario(
                cluster,
                cluster.profile(file),
                PolicyName.of(policy),
                trace.select(models, HALF_HOUR_NANOS),
                HALF_HOUR_NANOS,
                seed,
                FaultFile.NONE))
        .run();
  }

  private static Map<String, Integer> reference() throws IOException {
    Map<String, Integer> sloMet = new HashMap<>();
    for (String line : Files.readAllLines(DATA.resolve("reference/authors-scheduler.csv"))) {
      String[] column = line.split(",", -1);
      if (!column[0].equals("name")) {
        sloMet.put(
            String.join(",", column[1], column[2], column[3], column[4], column[5]),
            Integer.parseInt(column[9]));
      }
    }
    return sloMet;
  }
}
