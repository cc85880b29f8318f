package io.slinfer.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.slinfer.config.ClusterFile;
import io.slinfer.config.ProfileFile;
import io.slinfer.sim.PolicyName;
import io.slinfer.sim.Report;
import io.slinfer.sim.Simulation;
import io.slinfer.trace.TraceFile;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code slinfer simulate}: a policy on a cluster against a trace, in virtual time. */
@Command(
    name = "simulate",
    description = "Runs a trace through a scheduling policy in virtual time.",
    mixinStandardHelpOptions = true)
public final class SimulateCommand implements Callable<Integer> {

  @Option(names = "--cluster", required = true, description = "Cluster file (YAML).")
  private Path cluster;

  @Option(names = "--trace", required = true, description = "Trace (JSON).")
  private Path trace;

  @Option(names = "--models", defaultValue = "128", description = "How many models.")
  private int models;

  @Option(names = "--policy", defaultValue = "slinfer-paper", description = "The policy.")
  private String policy;

  @Option(names = "--minutes", defaultValue = "30", description = "Minutes of arrivals.")
  private double minutes;

  @Option(names = "--seed", defaultValue = "1", description = "Seed of the step jitter.")
  private long seed;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Override
  public Integer call() throws Exception {
    ClusterFile clusterFile = ClusterFile.read(cluster);
    ProfileFile profile = clusterFile.profile(cluster);
    long endNanos = Math.round(minutes * 60e9);
    Report report =
        new Simulation(
                new Simulation.Scenario(
                    clusterFile,
                    profile,
                    PolicyName.of(policy),
                    TraceFile.read(trace, models).select(models, endNanos),
                    endNanos,
                    seed))
            .run();
    ObjectMapper mapper = new ObjectMapper();
    System.out.println(
        json
            ? mapper.writeValueAsString(report)
            : mapper.writerWithDefaultPrettyPrinter().writeValueAsString(report));
    return 0;
  }
}
