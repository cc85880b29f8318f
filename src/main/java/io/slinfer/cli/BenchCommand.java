package io.slinfer.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.slinfer.engine.EngineDescription;
import io.slinfer.engine.KvImage;
import io.slinfer.engine.Sequence;
import io.slinfer.engine.SequenceChunk;
import io.slinfer.engine.device.LogitsObserver;
import io.slinfer.request.Sampling;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code slinfer bench}: speed of the engine alone. Each test runs once to warm up and then {@code
 * --repetitions} times; prompts are random tokens.
 */
@Command(
    name = "bench",
    description = "Measures the engine's speed on a model.",
    mixinStandardHelpOptions = true)
final class BenchCommand implements Callable<Integer> {

  private static final int WARM_UP_DECODES = 4;

  @Spec private CommandSpec spec;

  @Mixin private EngineOptions engine;

  @Option(
      names = "--prompt",
      defaultValue = "512",
      description = "Tokens to prefill, 0 for no such test; default ${DEFAULT-VALUE}.")
  private int promptTokens;

  @Option(
      names = "--gen",
      defaultValue = "128",
      description = "Tokens to decode, 0 for no such test; default ${DEFAULT-VALUE}.")
  private int generatedTokens;

  @Option(
      names = "--depth",
      defaultValue = "0",
      description = "Tokens in the cache before a decode test; default ${DEFAULT-VALUE}.")
  private int depth;

  @Option(
      names = "--batch",
      defaultValue = "1",
      split = ",",
      description = "Sequences at once; default ${DEFAULT-VALUE}.")
  private int[] batches;

  @Option(names = "--repetitions", defaultValue = "3", description = "default ${DEFAULT-VALUE}")
  private int repetitions;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  /** One line of the result; tokens of all sequences together. */
  private record Row(String test, int batch, double tokensPerSecond, double stddev) {}

  @Override
  public Integer call() throws Exception {
    requireAtLeast("--prompt", promptTokens, 0);
    requireAtLeast("--gen", generatedTokens, 0);
    requireAtLeast("--depth", depth, 0);
    requireAtLeast("--repetitions", repetitions, 1);
    for (int batch : batches) {
      requireAtLeast("--batch", batch, 1);
    }
    if (promptTokens == 0 && generatedTokens == 0) {
      throw new IllegalArgumentException("--prompt and --gen are 0: there is nothing to measure");
    }
    List<Row> rows = new ArrayList<>();
    EngineDescription description;
    try (EngineSession session = engine.open(LogitsObserver.NONE)) {
      description = session.engine().description();
      requireFit(session.model().contextTokens());
      for (int batch : batches) {
        if (promptTokens > 0) {
          rows.add(measure("pp" + promptTokens, batch, () -> prefill(session, batch)));
        }
        if (generatedTokens > 0) {
          String name = "tg" + generatedTokens + (depth > 0 ? "@d" + depth : "");
          rows.add(measure(name, batch, () -> decode(session, batch)));
        }
      }
    }
    print(description, rows);
    return 0;
  }

  private void requireFit(int contextTokens) {
    int longest = Math.max(promptTokens, Math.max(depth, 1) + generatedTokens + WARM_UP_DECODES);
    if (longest > contextTokens) {
      throw new IllegalArgumentException(
          "the tests need " + longest + " tokens of context; allowed: up to " + contextTokens);
    }
  }

  private static void requireAtLeast(String option, int value, int least) {
    if (value < least) {
      throw new IllegalArgumentException(
          option + " is " + value + "; allowed: " + least + " or more");
    }
  }

  private Row measure(String test, int batch, Callable<Double> run) throws Exception {
    run.call();
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < repetitions; i++) {
      double speed = run.call();
      sum += speed;
      squares += speed * speed;
    }
    double mean = sum / repetitions;
    double variance = repetitions == 1 ? 0 : (squares - sum * mean) / (repetitions - 1);
    return new Row(test, batch, mean, Math.sqrt(Math.max(0, variance)));
  }

  /** Tokens a second of prefilling a batch of prompts in one step. */
  private double prefill(EngineSession session, int batch) throws Exception {
    List<Sequence> sequences = new ArrayList<>();
    for (int i = 0; i < batch; i++) {
      sequences.add(randomSequence(session, promptTokens, i));
      session.reserve(sequences.getLast(), promptTokens);
    }
    long nanos =
        session
            .step(sequences.stream().map(s -> new SequenceChunk(s, promptTokens)).toList())
            .durationNanos();
    sequences.forEach(session::release);
    return batch * (double) promptTokens / nanos * 1e9;
  }

  /** Tokens a second of decoding a batch, all at the same depth. */
  private double decode(EngineSession session, int batch) throws Exception {
    int start = Math.max(1, depth);
    List<Sequence> sequences = new ArrayList<>();
    Sequence first = randomSequence(session, start, 0);
    session.step(List.of(new SequenceChunk(first, start)));
    sequences.add(first);
    try (KvImage image = session.exportKv(first)) {
      for (int i = 1; i < batch; i++) {
        Sequence copy = randomSequence(session, start, 0);
        session.importKv(copy, image);
        copy.append(first.token(start));
        sequences.add(copy);
      }
    }
    for (int i = 0; i < WARM_UP_DECODES; i++) {
      session.step(sequences.stream().map(s -> new SequenceChunk(s, 1)).toList());
    }
    long begin = System.nanoTime();
    for (int i = 0; i < generatedTokens; i++) {
      session.step(sequences.stream().map(s -> new SequenceChunk(s, 1)).toList());
    }
    long nanos = System.nanoTime() - begin;
    sequences.forEach(session::release);
    return batch * (double) generatedTokens / nanos * 1e9;
  }

  private static Sequence randomSequence(EngineSession session, int length, int seed) {
    int vocabulary = session.model().vocabularySize();
    int[] tokens = new Random(seed).ints(length, 0, vocabulary).toArray();
    return session.sequence(tokens, Sampling.GREEDY);
  }

  private void print(EngineDescription description, List<Row> rows) throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      Map<String, Object> result = new LinkedHashMap<>();
      result.put("model", engine.model().toString());
      result.put("device", description.kind());
      result.put("detail", description.detail());
      result.put("rows", rows.stream().map(BenchCommand::fields).toList());
      out.println(new ObjectMapper().writeValueAsString(result));
    } else {
      out.println(description.kind() + ": " + description.detail());
      out.printf("%-16s %6s %16s %10s%n", "test", "batch", "tokens/s", "stddev");
      for (Row row : rows) {
        out.printf(
            "%-16s %6d %16.2f %10.2f%n", row.test, row.batch, row.tokensPerSecond, row.stddev);
      }
    }
    out.flush();
  }

  private static Map<String, Object> fields(Row row) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("test", row.test);
    fields.put("batch", row.batch);
    fields.put("tokens_per_second", row.tokensPerSecond);
    fields.put("stddev", row.stddev);
    return fields;
  }
}
