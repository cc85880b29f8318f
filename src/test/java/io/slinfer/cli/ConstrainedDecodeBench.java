package io.slinfer.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.slinfer.constraint.Grammar;
import io.slinfer.constraint.schema.JsonSchemaGrammar;
import io.slinfer.constraint.schema.Whitespace;
import io.slinfer.engine.ModelSource;
import io.slinfer.engine.Sequence;
import io.slinfer.engine.SequenceChunk;
import io.slinfer.engine.cpu.CpuEngine;
import io.slinfer.engine.cpu.CpuKernels;
import io.slinfer.engine.device.LogitsObserver;
import io.slinfer.gateway.CompiledRules;
import io.slinfer.model.gguf.GgufFile;
import io.slinfer.model.tokenizer.Tokenizer;
import io.slinfer.model.tokenizer.Tokenizers;
import io.slinfer.request.ModelId;
import io.slinfer.request.Sampling;
import io.slinfer.request.TokenRule;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What a grammar costs a step: batches of 8 free and of 8 constrained answers of one model take
 * turns, so that both see the same machine. Prints milliseconds a step and the difference.
 *
 * <p>{@code java -cp target/test-classes:target/classes:target/lib/*
 * io.slinfer.cli.ConstrainedDecodeBench MODEL.gguf [STEPS]}
 */
public final class ConstrainedDecodeBench {

  private static final int BATCH = 8;
  private static final int PROMPT_TOKENS = 32;
  private static final String SCHEMA =
      """
      {"type":"array","minItems":1000,"items":{"type":"object","properties":{
        "title":{"type":"string"},
        "year":{"type":"integer","minimum":1900,"maximum":2100},
        "score":{"type":"number"},
        "role":{"enum":["author","editor","reader"]},
        "tags":{"type":"array","items":{"type":"string"},"maxItems":20}},
       "required":["title","year","score","role","tags"],"additionalProperties":false}}\
      """;

  private ConstrainedDecodeBench() {}

  /** Takes the model and the number of steps of each kind. */
  public static void main(String[] arguments) throws Exception {
    PrintStream out = System.out;
    Path model = Path.of(arguments[0]);
    int steps = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 200;
    Grammar grammar = JsonSchemaGrammar.of(new ObjectMapper().readTree(SCHEMA), Whitespace.COMPACT);
    long start = System.nanoTime();
    TokenRule rule = new CompiledRules(tokenizer(model)).of("bench", () -> grammar);
    out.printf("trie and grammar: %d ms%n", (System.nanoTime() - start) / 1_000_000);
    CpuKernels kernels = new KernelChoice("bench", "cpu", 0).open();
    CpuEngine.Settings settings =
        new CpuEngine.Settings(KernelChoice.kind(kernels), 1L << 34, LogitsObserver.NONE);
    ModelSource source = new ModelSource(new ModelId("bench"), List.of(model), 0);
    try (EngineSession session =
        new EngineSession(
            (listener, owner) -> CpuEngine.of(kernels, settings, owner, listener), source)) {
      Batch free = new Batch(session, null);
      Batch constrained = new Batch(session, rule);
      for (int i = 0; i < steps; i++) {
        free.step();
        constrained.step();
      }
      double base = free.median();
      double cost = constrained.median();
      out.printf("free:        median %.2f ms, mean %.2f ms a step%n", base, free.mean());
      out.printf("constrained: median %.2f ms, mean %.2f ms a step%n", cost, constrained.mean());
      out.printf(
          "difference:  median %+.1f %%, mean %+.1f %%%n",
          100 * (cost / base - 1), 100 * (constrained.mean() / free.mean() - 1));
    }
  }

  private static Tokenizer tokenizer(Path model) throws Exception {
    try (GgufFile file = GgufFile.open(model)) {
      return Tokenizers.of(file.metadata());
    }
  }

  /** Eight answers that are stepped together. */
  private static final class Batch {

    private final EngineSession session;
    private final List<Sequence> sequences = new ArrayList<>();
    private final List<Long> nanos = new ArrayList<>();

    Batch(EngineSession session, TokenRule rule) throws EngineSession.FailedException {
      this.session = session;
      for (int i = 0; i < BATCH; i++) {
        int seed = i;
        int[] prompt = IntStream.range(0, PROMPT_TOKENS).map(t -> 100 + 7 * t + seed).toArray();
        Sampling sampling = new Sampling(0.8, 40, 0.95, 0, seed).withRule(rule);
        sequences.add(session.sequence(prompt, sampling));
      }
      step();
      nanos.clear();
    }

    void step() throws EngineSession.FailedException {
      List<SequenceChunk> chunks =
          sequences.stream()
              .filter(sequence -> sequence.progress() == null || !sequence.progress().isComplete())
              .map(sequence -> new SequenceChunk(sequence, sequence.pending()))
              .toList();
      if (chunks.size() < BATCH) {
        throw new IllegalStateException("an answer has ended after " + nanos.size() + " steps");
      }
      long start = System.nanoTime();
      session.step(chunks);
      nanos.add(System.nanoTime() - start);
    }

    double mean() {
      return nanos.stream().mapToLong(Long::longValue).average().orElseThrow() / 1e6;
    }

    double median() {
      long[] sorted = nanos.stream().mapToLong(Long::longValue).toArray();
      Arrays.sort(sorted);
      return sorted[sorted.length / 2] / 1e6;
    }
  }
}
