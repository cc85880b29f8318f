package io.slinfer.load;

import io.slinfer.load.CallRecord.Outcome;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.DoubleStream;

/**
 * What a run measured, under the names that {@code vllm bench serve} gives them. TPOT = (last token
 * - first token) / (tokens - 1); ITL = each gap between token events; goodput = completed calls
 * that kept every limit, a second; refused and failed calls count as misses.
 *
 * @param clientCpuSeconds processor time that the client's own process used during the run
 */
public record LoadSummary(
    List<CallRecord> records, LoadSlo slo, double durationSeconds, double clientCpuSeconds) {

  public LoadSummary {
    records = List.copyOf(records);
  }

  /**
   * Sums a run up; its duration is from {@code fromSeconds} after its start to the last end.
   *
   * @param records calls planned from then on
   */
  public static LoadSummary of(
      List<CallRecord> records, LoadSlo slo, double clientCpuSeconds, double fromSeconds) {
    double duration =
        records.stream().mapToLong(CallRecord::endNanos).max().orElse(0) / 1e9 - fromSeconds;
    return new LoadSummary(records, slo, Math.max(duration, 1e-9), clientCpuSeconds);
  }

  /** All figures, ready for JSON, in a fixed order. */
  public Map<String, Object> figures() {
    Map<String, Object> figures = new LinkedHashMap<>();
    List<CallRecord> completed = records.stream().filter(LoadSummary::isCompleted).toList();
    long input = completed.stream().mapToLong(record -> record.call().promptTokens()).sum();
    long output = completed.stream().mapToLong(CallRecord::outputTokens).sum();
    long met = records.stream().filter(slo::met).count();
    figures.put("num_prompts", records.size());
    figures.put("completed", completed.size());
    figures.put("failed", count(Outcome.FAILED) + count(Outcome.REFUSED));
    figures.put("refused", count(Outcome.REFUSED));
    figures.put("disconnected", count(Outcome.DISCONNECTED));
    figures.put("duration", durationSeconds);
    figures.put("total_input_tokens", input);
    figures.put("total_output_tokens", output);
    figures.put("request_throughput", completed.size() / durationSeconds);
    figures.put("request_goodput", met / durationSeconds);
    figures.put("output_throughput", output / durationSeconds);
    figures.put("total_token_throughput", (input + output) / durationSeconds);
    figures.put("max_concurrent_requests", maxConcurrent());
    putLatencies(figures, completed);
    long judged = records.size() - count(Outcome.DISCONNECTED);
    figures.put("slo_met", met);
    figures.put("slo_rate", judged == 0 ? 0.0 : (double) met / judged);
    figures.put("warm", latencies(completed, record -> !record.coldStart()));
    figures.put("cold", latencies(completed, CallRecord::coldStart));
    figures.put("models", perModel());
    figures.put("errors", errors());
    Distribution lateness =
        new Distribution(records.stream().mapToDouble(CallRecord::latenessSeconds));
    figures.put("client_cpu_seconds", clientCpuSeconds);
    figures.put("client_cpu_share", clientCpuSeconds / durationSeconds);
    figures.put("client_lateness_p50_ms", lateness.percentile(50) * 1e3);
    figures.put("client_lateness_p99_ms", lateness.percentile(99) * 1e3);
    return figures;
  }

  private static boolean isCompleted(CallRecord record) {
    return record.outcome() == Outcome.COMPLETED;
  }

  private long count(Outcome outcome) {
    return records.stream().filter(record -> record.outcome() == outcome).count();
  }

  private static void putLatencies(Map<String, Object> figures, List<CallRecord> calls) {
    put(figures, "ttft", calls.stream().mapToDouble(CallRecord::timeToFirstTokenSeconds));
    put(
        figures,
        "tpot",
        calls.stream()
            .filter(call -> call.outputTokens() > 1)
            .mapToDouble(CallRecord::timePerOutputTokenSeconds));
    put(figures, "itl", calls.stream().flatMapToDouble(LoadSummary::gapsSeconds));
    put(figures, "e2el", calls.stream().mapToDouble(CallRecord::endToEndSeconds));
  }

  private static void put(Map<String, Object> figures, String name, DoubleStream seconds) {
    Distribution millis = new Distribution(seconds.map(value -> value * 1e3));
    figures.put("mean_" + name + "_ms", millis.mean());
    figures.put("median_" + name + "_ms", millis.percentile(50));
    figures.put("std_" + name + "_ms", millis.standardDeviation());
    figures.put("p95_" + name + "_ms", millis.percentile(95));
    figures.put("p99_" + name + "_ms", millis.percentile(99));
  }

  private static Map<String, Object> latencies(
      List<CallRecord> calls, Predicate<CallRecord> which) {
    List<CallRecord> chosen = calls.stream().filter(which).toList();
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("completed", chosen.size());
    putLatencies(figures, chosen);
    return figures;
  }

  private Map<String, Object> perModel() {
    Map<String, List<CallRecord>> byModel = new TreeMap<>();
    for (CallRecord record : records) {
      byModel.computeIfAbsent(record.call().model(), model -> new ArrayList<>()).add(record);
    }
    Map<String, Object> figures = new LinkedHashMap<>();
    byModel.forEach(
        (model, calls) -> {
          Map<String, Object> row = new LinkedHashMap<>();
          row.put("requests", calls.size());
          row.put("slo_met", calls.stream().filter(slo::met).count());
          row.putAll(latencies(calls, LoadSummary::isCompleted));
          figures.put(model, row);
        });
    return figures;
  }

  private Map<String, Long> errors() {
    Map<String, Long> errors = new TreeMap<>();
    for (CallRecord record : records) {
      if (!record.error().isEmpty()) {
        errors.merge(record.status() + " " + record.error(), 1L, Long::sum);
      }
    }
    return errors;
  }

  private static DoubleStream gapsSeconds(CallRecord record) {
    long[] times = record.tokenNanos();
    return java.util.stream.IntStream.range(1, times.length)
        .mapToDouble(i -> (times[i] - times[i - 1]) / 1e9);
  }

  private int maxConcurrent() {
    TreeMap<Long, Integer> changes = new TreeMap<>();
    for (CallRecord record : records) {
      changes.merge(record.sentNanos(), 1, Integer::sum);
      changes.merge(record.endNanos(), -1, Integer::sum);
    }
    int open = 0;
    int most = 0;
    for (int change : changes.values()) {
      open += change;
      most = Math.max(most, open);
    }
    return most;
  }
}
