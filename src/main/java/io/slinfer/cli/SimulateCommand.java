package io.slinfer.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.slinfer.config.ClusterFile;
import io.slinfer.config.FaultFile;
import io.slinfer.config.ProfileFile;
import io.slinfer.recording.Replay;
import io.slinfer.sim.Comparison;
import io.slinfer.sim.PolicyName;
import io.slinfer.sim.Recording;
import io.slinfer.sim.Report;
import io.slinfer.sim.Simulation;
import io.slinfer.trace.SyntheticTrace;
import io.slinfer.trace.Trace;
import io.slinfer.trace.TraceFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code slinfer simulate}: policies on a cluster against a trace, in virtual time. */
@Command(
    name = "simulate",
    description = "Runs a trace through scheduling policies in virtual time.",
    mixinStandardHelpOptions = true)
public final class SimulateCommand implements Callable<Integer> {

  private static final String SYNTHETIC = "synthetic";

  private static final int DEFAULT_MODELS = 128;

  /** A year. */
  private static final int MOST_MINUTES = 365 * 24 * 60;

  @Spec private CommandSpec spec;

  @Option(names = "--cluster", description = "Cluster file (YAML).")
  private Path cluster;

  @Option(
      names = "--replay",
      paramLabel = "FILE",
      description =
          "Replays what serve --record has written, and compares every decision; exit code 1 if one"
              + " differs.")
  private Path replay;

  @Option(
      names = "--trace",
      defaultValue = SYNTHETIC,
      description =
          "Trace: .json (SLINFER's artifact), .csv (Azure LLM inference), or \"synthetic\";"
              + " default: ${DEFAULT-VALUE}.")
  private String trace;

  @Option(
      names = "--rate",
      defaultValue = "5",
      description = "Requests a second of the synthetic trace; default: ${DEFAULT-VALUE}.")
  private double rate;

  @Option(
      names = "--models",
      split = ",",
      description =
          "How many models; several to compare; default: all of a .json trace, else "
              + DEFAULT_MODELS
              + ".")
  private List<Integer> models;

  @Option(
      names = "--policy",
      split = ",",
      defaultValue = "slinfer",
      description = "The policy; several to compare; default: ${DEFAULT-VALUE}.")
  private List<String> policies;

  @Option(
      names = "--minutes",
      defaultValue = "30",
      description = "Minutes of arrivals; default: ${DEFAULT-VALUE}.")
  private double minutes;

  @Option(
      names = "--seed",
      defaultValue = "1",
      description =
          "Seed of the step jitter and of the synthetic trace; default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Option(names = "--events", description = "Write the event log of the (one) run.")
  private Path events;

  @Option(names = "--faults", description = "Inject the faults of a file (YAML).")
  private Path faults;

  @Option(names = "--check", description = "Check all invariants after every event (slow).")
  private boolean check;

  @Option(names = "--report", description = "Write an HTML report with plots.")
  private Path report;

  @Override
  public Integer call() throws IOException {
    if ((cluster == null) == (replay == null)) {
      throw new ParameterException(spec.commandLine(), "give either --cluster or --replay");
    }
    if (replay != null) {
      return replay();
    }
    if (!(minutes > 0 && minutes <= MOST_MINUTES)) {
      throw new ParameterException(
          spec.commandLine(),
          "--minutes is " + minutes + "; allowed: above 0, at most " + MOST_MINUTES);
    }
    ResultFile.requireWritable(report);
    List<Integer> counts = models == null ? List.of(allModels()) : models;
    if (events != null && counts.size() * policies.size() > 1) {
      throw new IllegalArgumentException("--events takes one policy and one number of models");
    }
    List<Comparison.Run> runs = new ArrayList<>();
    for (String policy : policies) {
      for (int count : counts) {
        runs.add(run(policy, count));
      }
    }
    Comparison comparison = new Comparison(cluster.getFileName() + ", " + trace, runs);
    if (report != null) {
      Files.writeString(report, comparison.html());
    }
    print(comparison);
    return 0;
  }

  private int replay() throws IOException {
    Replay.Outcome outcome = Replay.of(replay);
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      Map<String, Object> answer = new LinkedHashMap<>();
      answer.put("inputs", outcome.inputs());
      answer.put("decisions", outcome.decisions());
      answer.put("equal", outcome.equal());
      answer.put("complete", outcome.complete());
      answer.put("first_difference", outcome.difference().orElse(null));
      out.println(new ObjectMapper().writeValueAsString(answer));
    } else {
      out.printf("%d inputs, %d decisions the same%n", outcome.inputs(), outcome.decisions());
      outcome
          .difference()
          .ifPresent(
              first ->
                  out.printf(
                      "first difference, line %d%n  recorded: %s%n  replayed: %s%n",
                      first.line(), first.recorded(), first.replayed()));
      if (!outcome.complete()) {
        out.printf("the recording is not whole: %s%n", outcome.incomplete());
      }
    }
    out.flush();
    return outcome.equal() ? 0 : 1;
  }

  private Comparison.Run run(String policy, int count) throws IOException {
    ClusterFile clusterFile = ClusterFile.read(cluster);
    ProfileFile profile = clusterFile.profile(cluster);
    long endNanos = Math.round(minutes * 60e9);
    Simulation.Scenario scenario =
        new Simulation.Scenario(
            clusterFile,
            profile,
            PolicyName.of(policy),
            trace(count).select(count, endNanos),
            endNanos,
            seed,
            faults == null ? FaultFile.NONE : FaultFile.read(faults));
    Recording recording = report == null ? null : new Recording();
    ProgressBar progress = new ProgressBar(spec.commandLine().getErr(), policy + " x " + count);
    try (Writer log = events == null ? null : Files.newBufferedWriter(events)) {
      Report result =
          new Simulation(
                  scenario, new Simulation.Observation(log, check, recording, progress::show))
              .run();
      return new Comparison.Run(policy, count, result, recording);
    } finally {
      progress.end();
    }
  }

  private int allModels() throws IOException {
    return trace.endsWith(".json")
        ? TraceFile.read(Path.of(trace), DEFAULT_MODELS).models().size()
        : DEFAULT_MODELS;
  }

  private Trace trace(int count) throws IOException {
    return trace.equals(SYNTHETIC)
        ? SyntheticTrace.conversation(count, minutes * 60, rate, seed).make()
        : TraceFile.read(Path.of(trace), count);
  }

  private void print(Comparison comparison) throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    List<Comparison.Run> runs = comparison.runs();
    if (!json) {
      out.print(comparison.table());
    } else if (runs.size() == 1) {
      out.println(new ObjectMapper().writeValueAsString(runs.get(0).report()));
    } else {
      List<Map<String, Object>> rows = new ArrayList<>();
      for (Comparison.Run run : runs) {
        rows.add(Map.of("policy", run.policy(), "models", run.models(), "report", run.report()));
      }
      out.println(new ObjectMapper().writeValueAsString(Map.of("runs", rows)));
    }
    out.flush();
  }
}
