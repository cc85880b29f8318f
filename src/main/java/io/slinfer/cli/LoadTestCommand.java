package io.slinfer.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.slinfer.load.CallRecord;
import io.slinfer.load.CallRecord.Outcome;
import io.slinfer.load.LoadClient;
import io.slinfer.load.LoadReport;
import io.slinfer.load.LoadSlo;
import io.slinfer.load.LoadSummary;
import io.slinfer.load.PlannedCall;
import io.slinfer.load.PoissonPlan;
import io.slinfer.load.TracePlan;
import io.slinfer.trace.Trace;
import io.slinfer.trace.TraceFile;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code slinfer loadtest}: open-loop load against a running endpoint. */
@Command(
    name = "loadtest",
    description =
        "Sends open-loop load to an OpenAI-compatible endpoint and reports latency and goodput.",
    mixinStandardHelpOptions = true)
final class LoadTestCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Option(
      names = "--url",
      defaultValue = "http://127.0.0.1:8080",
      description = "The server (default: ${DEFAULT-VALUE}).")
  private URI url;

  @Option(names = "--api-key", defaultValue = "", description = "Sent as a bearer token.")
  private String apiKey;

  @Option(
      names = "--models",
      split = ",",
      description = "Most popular first; default: all that the server lists.")
  private List<String> models = List.of();

  @Option(
      names = "--rate",
      description =
          "Mean requests a second (default: 2). A trace is played faster or slower to meet it;"
              + " default there: its own pace.")
  private Double rate;

  @Option(
      names = "--trace",
      paramLabel = "F",
      description =
          "Replays a trace: .json (SLINFER's artifact) or .csv (Azure LLM inference), instead of"
              + " random arrivals.")
  private Path trace;

  @Option(
      names = "--whole-trace",
      description =
          "Deals all functions of a .json trace to the models in turn; default: a function for each"
              + " model, of the artifact's 128 some of each popularity.")
  private boolean wholeTrace;

  @Option(
      names = "--trace-start",
      defaultValue = "0",
      description = "Second of the trace at which the replay begins (default: ${DEFAULT-VALUE}).")
  private double traceStart;

  @Option(
      names = "--length-divisor",
      defaultValue = "1",
      description = "Divides the trace's prompt and output lengths (default: ${DEFAULT-VALUE}).")
  private int lengthDivisor;

  @Option(
      names = "--duration",
      defaultValue = "30",
      description = "Seconds of arrivals (default: ${DEFAULT-VALUE}).")
  private double durationSeconds;

  @Option(
      names = "--warm-up",
      defaultValue = "0",
      description =
          "Calls of the first so many seconds are sent, but not counted (default: ${DEFAULT-VALUE}).")
  private double warmUpSeconds;

  @Option(
      names = "--burstiness",
      defaultValue = "1",
      description = "Gamma shape of the gaps; 1 is Poisson, less is burstier.")
  private double burstiness;

  @Option(
      names = "--zipf",
      defaultValue = "1",
      description = "Exponent of the models' popularity (default: ${DEFAULT-VALUE}).")
  private double zipf;

  @Option(
      names = "--prompt-tokens",
      defaultValue = "128",
      description = "Mean prompt length (default: ${DEFAULT-VALUE}).")
  private double promptTokens;

  @Option(
      names = "--output-tokens",
      defaultValue = "32",
      description = "Mean output length (default: ${DEFAULT-VALUE}).")
  private double outputTokens;

  @Option(
      names = "--max-prompt-tokens",
      defaultValue = "768",
      description = "Longest prompt (default: ${DEFAULT-VALUE}).")
  private int maxPromptTokens;

  @Option(
      names = "--max-output-tokens",
      defaultValue = "200",
      description = "Longest output (default: ${DEFAULT-VALUE}).")
  private int maxOutputTokens;

  @Option(
      names = "--disconnects",
      defaultValue = "0",
      description = "Share of calls that hang up at a random token.")
  private double disconnects;

  @Option(
      names = "--tokens",
      defaultValue = "300-2900",
      description = "Range of the prompts' token ids (default: ${DEFAULT-VALUE}).")
  private String tokens;

  @Option(
      names = "--goodput",
      description =
          "Limits as ttft:MS,tpot:MS,e2el:MS; default: max(prompt/512, 0.5) s and 250 ms a token.")
  private String goodput;

  @Option(
      names = "--seed",
      defaultValue = "1",
      description = "Of arrivals, lengths and prompts (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(names = "--json", description = "Prints one JSON object.")
  private boolean json;

  @Option(names = "--report", description = "Writes an HTML report.")
  private Path report;

  @Override
  public Integer call() throws Exception {
    ResultFile.requireWritable(report);
    LoadSlo slo = goodput == null ? LoadSlo.DEFAULT : LoadSlo.parse(goodput);
    Vertx vertx = Vertx.vertx();
    try (LoadClient client = new LoadClient(vertx, target())) {
      List<String> targets =
          models.isEmpty() ? client.models().await(10, TimeUnit.SECONDS) : models;
      List<PlannedCall> plan = planned(targets).stream().map(this::bounded).toList();
      long cpuNanosBefore = processCpuNanos();
      List<CallRecord> records = client.run(plan, seed).await();
      LoadSummary summary =
          LoadSummary.of(
              counted(records), slo, (processCpuNanos() - cpuNanosBefore) / 1e9, warmUpSeconds);
      print(summary);
      requireSome(records);
    } finally {
      vertx.close().await();
    }
    return 0;
  }

  /** A run in which nothing worked is no measurement. */
  private static void requireSome(List<CallRecord> records) throws IOException {
    boolean none = records.stream().allMatch(record -> record.outcome() == Outcome.FAILED);
    if (none && !records.isEmpty()) {
      CallRecord first = records.getFirst();
      String status = first.status() == 0 ? "" : first.status() + " ";
      throw new IOException("every call failed; the first: " + status + first.error());
    }
  }

  private List<PlannedCall> planned(List<String> targets) throws IOException {
    if (wholeTrace && trace == null) {
      throw new IllegalArgumentException("whole-trace needs a trace");
    }
    if (trace == null) {
      return new PoissonPlan(
              rate == null ? 2 : rate,
              durationSeconds,
              burstiness,
              zipf,
              promptTokens,
              outputTokens,
              disconnects,
              seed)
          .calls(targets);
    }
    TracePlan replay =
        new TracePlan(
            traceStart, durationSeconds, rate == null ? 0 : rate, lengthDivisor, disconnects, seed);
    Trace read = TraceFile.read(trace, targets.size());
    return replay.calls(wholeTrace ? read.dealtTo(targets.size()) : read, targets);
  }

  private List<CallRecord> counted(List<CallRecord> records) {
    return records.stream()
        .filter(record -> record.call().atNanos() >= warmUpSeconds * 1e9)
        .toList();
  }

  private LoadClient.Target target() {
    String[] range = tokens.split("-", 2);
    try {
      return new LoadClient.Target(
          url, apiKey, Integer.parseInt(range[0]), Integer.parseInt(range[range.length - 1]));
    } catch (NumberFormatException notANumber) {
      throw new IllegalArgumentException(
          "--tokens is " + tokens + "; allowed: LOW-HIGH", notANumber);
    }
  }

  private PlannedCall bounded(PlannedCall call) {
    return new PlannedCall(
        call.model(),
        call.atNanos(),
        Math.min(call.promptTokens(), maxPromptTokens),
        Math.min(call.outputTokens(), maxOutputTokens),
        call.disconnectAfterTokens());
  }

  private void print(LoadSummary summary) throws Exception {
    ObjectMapper mapper = new ObjectMapper();
    if (report != null) {
      Files.writeString(report, LoadReport.html(summary, url.toString()));
    }
    if (json) {
      spec.commandLine().getOut().println(mapper.writeValueAsString(summary.figures()));
      return;
    }
    summary
        .figures()
        .forEach(
            (name, value) -> {
              if (value instanceof Number) {
                spec.commandLine().getOut().printf("%-26s %s%n", name, value);
              }
            });
  }

  private static long processCpuNanos() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }
}
