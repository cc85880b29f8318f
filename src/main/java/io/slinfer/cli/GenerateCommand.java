package io.slinfer.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.slinfer.engine.EngineEvent.SequenceOutput;
import io.slinfer.engine.Sequence;
import io.slinfer.engine.SequenceChunk;
import io.slinfer.engine.device.LogitsObserver;
import io.slinfer.model.gguf.GgufFile;
import io.slinfer.model.tokenizer.Tokenizer;
import io.slinfer.model.tokenizer.Tokenizers;
import io.slinfer.request.FinishReason;
import io.slinfer.request.Sampling;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code slinfer generate}: one prompt through the engine, no server. */
@Command(
    name = "generate",
    description = "Continues one prompt, without a server.",
    mixinStandardHelpOptions = true)
final class GenerateCommand implements Callable<Integer> {

  /** Fields of /proc/PID/stat after the name; proc(5) calls this one starttime, in clock ticks. */
  private static final int STAT_START = 19;

  private static final double CLOCK_TICKS_PER_SECOND = 100;

  @Spec private CommandSpec spec;

  @Mixin private EngineOptions engine;

  @ArgGroup(multiplicity = "1")
  private Prompt prompt;

  @Option(names = "--max-tokens", defaultValue = "128", description = "default ${DEFAULT-VALUE}")
  private int maxTokens;

  @Option(
      names = "--temperature",
      defaultValue = "0",
      description = "0 is greedy; default ${DEFAULT-VALUE}")
  private double temperature;

  @Option(names = "--top-k", defaultValue = "0", description = "0 is all; default ${DEFAULT-VALUE}")
  private int topK;

  @Option(names = "--top-p", defaultValue = "1", description = "default ${DEFAULT-VALUE}")
  private double topP;

  @Option(names = "--min-p", defaultValue = "0", description = "default ${DEFAULT-VALUE}")
  private double minP;

  @Option(names = "--seed", defaultValue = "0", description = "default ${DEFAULT-VALUE}")
  private long seed;

  @Option(names = "--ignore-eos", description = "Go on past end-of-sequence tokens.")
  private boolean ignoreEos;

  @Option(
      names = "--logits",
      paramLabel = "FILE",
      description = "Write the last prompt position's logits, float32 little-endian.")
  private Path logitsFile;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  /** What to continue: a text, or token ids taken literally. */
  private static final class Prompt {

    @Option(names = "--prompt", required = true, paramLabel = "TEXT", description = "A text.")
    private String text;

    @Option(
        names = "--prompt-tokens",
        required = true,
        split = ",",
        paramLabel = "ID",
        description = "Token ids, taken literally.")
    private int[] tokens;
  }

  /**
   * Times of one run, in nanoseconds since it started.
   *
   * @param sinceProcessStart seconds from the start of the process to the first token
   */
  private record Timings(long loaded, long firstToken, long end, double sinceProcessStart) {}

  @Override
  public Integer call() throws Exception {
    if (maxTokens < 1) {
      throw new IllegalArgumentException("--max-tokens is " + maxTokens + "; allowed: 1 or more");
    }
    ResultFile.requireWritable(logitsFile);
    Sampling sampling = new Sampling(temperature, topK, topP, minP, seed);
    PromptLogits promptLogits = new PromptLogits();
    long start = System.nanoTime();
    FutureTask<Tokenizer> tokenizerTask = new FutureTask<>(this::tokenizer);
    Thread.ofPlatform().daemon(true).name("slinfer-tokenizer").start(tokenizerTask);
    try (EngineSession session =
        engine.open(logitsFile == null ? LogitsObserver.NONE : promptLogits)) {
      Tokenizer tokenizer = awaited(tokenizerTask);
      int[] tokens =
          prompt.tokens != null ? prompt.tokens : tokenizer.encode(prompt.text, true, true);
      requireFit(tokens, session);
      Sequence sequence = session.sequence(tokens, sampling);
      run(session, sequence, tokenizer, start);
    }
    if (logitsFile != null) {
      promptLogits.write(logitsFile);
    }
    return 0;
  }

  private Tokenizer tokenizer() throws IOException {
    try (GgufFile file = GgufFile.open(engine.model())) {
      return Tokenizers.of(file.metadata());
    }
  }

  private static Tokenizer awaited(FutureTask<Tokenizer> task) throws Exception {
    try {
      return task.get();
    } catch (ExecutionException failure) {
      throw failure.getCause() instanceof Exception cause ? cause : failure;
    }
  }

  private static void requireFit(int[] tokens, EngineSession session) {
    int context = session.model().contextTokens();
    if (tokens.length == 0 || tokens.length >= context) {
      throw new IllegalArgumentException(
          "the prompt has " + tokens.length + " tokens; allowed: 1 to " + (context - 1));
    }
    int vocabulary = session.model().vocabularySize();
    for (int token : tokens) {
      if (token < 0 || token >= vocabulary) {
        throw new IllegalArgumentException(
            "token " + token + " is not in the vocabulary of " + vocabulary);
      }
    }
  }

  private void run(EngineSession session, Sequence sequence, Tokenizer tokenizer, long start)
      throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    Tokenizer.TokenStream stream = tokenizer.stream();
    StringBuilder text = new StringBuilder();
    List<Float> logProbabilities = new ArrayList<>();
    long loaded = System.nanoTime() - start;
    long firstToken = 0;
    double sinceProcessStart = 0;
    FinishReason reason = null;
    while (reason == null) {
      SequenceOutput output =
          session
              .step(List.of(new SequenceChunk(sequence, sequence.pending())))
              .outputs()
              .getFirst();
      if (firstToken == 0) {
        firstToken = System.nanoTime() - start;
        sinceProcessStart = processSeconds();
      }
      logProbabilities.add(output.logProbability());
      reason = finish(session, sequence, tokenizer);
      if (reason != FinishReason.STOP) {
        String piece = stream.next(output.token());
        text.append(piece);
        show(out, piece);
      }
    }
    String rest = stream.end();
    text.append(rest);
    show(out, rest);
    if (json) {
      Timings timings =
          new Timings(loaded, firstToken, System.nanoTime() - start, sinceProcessStart);
      out.println(
          new ObjectMapper()
              .writeValueAsString(
                  result(sequence, text.toString(), logProbabilities, reason, timings)));
    } else {
      out.println();
    }
    out.flush();
  }

  private void show(PrintWriter out, String piece) {
    if (!json) {
      out.print(piece);
      out.flush();
    }
  }

  private FinishReason finish(EngineSession session, Sequence sequence, Tokenizer tokenizer) {
    if (!ignoreEos && tokenizer.endsGeneration(sequence.token(sequence.length() - 1))) {
      return FinishReason.STOP;
    }
    boolean full = sequence.length() >= session.model().contextTokens();
    return full || sequence.generated() >= maxTokens ? FinishReason.LENGTH : null;
  }

  private static Map<String, Object> result(
      Sequence sequence,
      String text,
      List<Float> logProbabilities,
      FinishReason reason,
      Timings timings) {
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("prompt_tokens", tokens(sequence, 0, sequence.promptLength()));
    result.put("tokens", tokens(sequence, sequence.promptLength(), sequence.length()));
    result.put("text", text);
    result.put("logprobs", logProbabilities);
    result.put("finish_reason", reason.name().toLowerCase(Locale.ROOT));
    result.put("timings", timings(sequence, timings));
    return result;
  }

  private static int[] tokens(Sequence sequence, int from, int to) {
    int[] tokens = new int[to - from];
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = sequence.token(from + i);
    }
    return tokens;
  }

  private static Map<String, Object> timings(Sequence sequence, Timings timings) {
    double prompt = (timings.firstToken - timings.loaded) / 1e9;
    double decode = (timings.end - timings.firstToken) / 1e9;
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("load_seconds", timings.loaded / 1e9);
    result.put("prompt_seconds", prompt);
    result.put("prompt_tokens_per_second", sequence.promptLength() / prompt);
    result.put("decode_seconds", decode);
    result.put("decode_tokens_per_second", decode == 0 ? 0 : (sequence.generated() - 1) / decode);
    result.put(
        "process_start_to_first_token_seconds",
        Math.round(100 * timings.sinceProcessStart) / 100.0);
    return result;
  }

  /**
   * Seconds since this process began, to 10 ms: what Linux counts from its own start; elsewhere
   * since the virtual machine began.
   */
  private static double processSeconds() {
    try {
      String[] fields =
          Files.readString(Path.of("/proc/self/stat")).replaceFirst(".*\\) ", "").split(" ");
      String up = Files.readString(Path.of("/proc/uptime")).split(" ")[0];
      return Double.parseDouble(up)
          - Double.parseDouble(fields[STAT_START]) / CLOCK_TICKS_PER_SECOND;
    } catch (IOException noLinux) {
      return ManagementFactory.getRuntimeMXBean().getUptime() / 1e3;
    }
  }

  /** Keeps the logits after the last token of the prompt. */
  private static final class PromptLogits implements LogitsObserver {

    private volatile float[] logits;

    @Override
    public boolean wants(Sequence sequence, int position) {
      return position == sequence.promptLength() - 1;
    }

    @Override
    public void onLogits(Sequence sequence, int position, float[] row) {
      logits = row.clone();
    }

    void write(Path file) throws IOException {
      ByteBuffer bytes =
          ByteBuffer.allocate(logits.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      bytes.asFloatBuffer().put(logits);
      Files.write(file, bytes.array());
    }
  }
}
