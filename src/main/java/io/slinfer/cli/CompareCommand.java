package io.slinfer.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.slinfer.engine.EngineEvent.SequenceOutput;
import io.slinfer.engine.Sequence;
import io.slinfer.engine.SequenceChunk;
import io.slinfer.engine.device.LogitsObserver;
import io.slinfer.request.Sampling;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code slinfer compare}: holds one device's results against another's. */
@Command(
    name = "compare",
    description =
        "Runs models on two devices and compares logits and greedy tokens; exits with 1 if they"
            + " differ by more than rounding. The prompts are those of a conformance fixture beside"
            + " a model, else random ones.",
    mixinStandardHelpOptions = true)
final class CompareCommand implements Callable<Integer> {

  private static final int[] LENGTHS = {1, 17, 200};
  private static final int GREEDY_TOKENS = 16;

  /** Of the spread of the logits: float16 and 8-bit activations stay well below. */
  private static final double MOST_RMS = 0.05;

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "F.gguf|F.gguf.gz|DIR", description = "Models, or folders of them.")
  private List<Path> models;

  @Option(names = "--device", required = true, description = "The device to check, such as gpu:0.")
  private String device;

  @Option(names = "--with", defaultValue = "cpu", description = "Default: ${DEFAULT-VALUE}.")
  private String with;

  /** What a device made of one prompt. */
  private record Result(float[] logits, List<Integer> tokens) {}

  /** Keeps the logits after one position. */
  private static final class LastLogits implements LogitsObserver {
    private volatile float[] logits;
    private volatile int position;

    @Override
    public boolean wants(Sequence sequence, int at) {
      return at == position;
    }

    @Override
    public void onLogits(Sequence sequence, int at, float[] shown) {
      logits = shown.clone();
    }
  }

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    int differing = 0;
    int compared = 0;
    for (Path model : files()) {
      compared++;
      if (!agrees(model, out)) {
        differing++;
      }
      out.flush();
    }
    out.println(compared + " models compared, " + differing + " differ");
    out.flush();
    return differing == 0 && compared > 0 ? 0 : 1;
  }

  private List<Path> files() throws IOException {
    List<Path> files = new ArrayList<>();
    for (Path given : models) {
      try (Stream<Path> all = Files.walk(given)) {
        files.addAll(
            all.filter(file -> file.toString().matches(".*\\.gguf(\\.gz)?")).sorted().toList());
      }
    }
    return files;
  }

  private boolean agrees(Path model, PrintWriter out) throws Exception {
    Path unpacked = model.toString().endsWith(".gz") ? unpacked(model) : model;
    try {
      List<int[]> prompts = prompts(model);
      List<Result> wanted = run(unpacked, with, prompts);
      List<Result> got = run(unpacked, device, prompts);
      boolean good = true;
      for (int i = 0; i < prompts.size(); i++) {
        double rms = relativeRms(wanted.get(i).logits, got.get(i).logits);
        int equal = equalTokens(wanted.get(i).tokens, got.get(i).tokens);
        boolean close = rms <= MOST_RMS;
        good &= close;
        out.printf(
            "%-44s %4d tokens: rms %.5f of the spread, %2d of %d greedy tokens alike%s%n",
            model.getFileName(),
            prompts.get(i).length,
            rms,
            equal,
            GREEDY_TOKENS,
            close ? "" : "  DIFFERS");
      }
      return good;
    } finally {
      if (unpacked != model) {
        Files.delete(unpacked);
      }
    }
  }

  private static Path unpacked(Path packed) throws IOException {
    Path file = Files.createTempFile("slinfer-compare", ".gguf");
    try (InputStream in = new GZIPInputStream(Files.newInputStream(packed))) {
      Files.copy(in, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }
    return file;
  }

  /** Those of the fixture beside a model, else random ones, the same at every run. */
  private static List<int[]> prompts(Path model) throws IOException {
    Path fixture = model.resolveSibling("fixture.json.gz");
    List<int[]> prompts = new ArrayList<>();
    if (Files.exists(fixture)) {
      try (InputStream in = new GZIPInputStream(Files.newInputStream(fixture))) {
        for (JsonNode prompt : new ObjectMapper().readTree(in).get("prompts")) {
          JsonNode ids = prompt.isArray() ? prompt : prompt.get("ids");
          int[] tokens = new int[ids.size()];
          for (int i = 0; i < tokens.length; i++) {
            tokens[i] = ids.get(i).asInt();
          }
          prompts.add(tokens);
        }
      }
      return prompts;
    }
    Random random = new Random(1);
    for (int length : LENGTHS) {
      prompts.add(random.ints(length, 0, 256).toArray());
    }
    return prompts;
  }

  private List<Result> run(Path model, String where, List<int[]> prompts) throws Exception {
    LastLogits last = new LastLogits();
    List<Result> results = new ArrayList<>();
    try (EngineSession session = EngineOptions.of(model, where).open(last)) {
      for (int[] prompt : prompts) {
        last.position = prompt.length - 1;
        Sequence sequence = session.sequence(prompt, Sampling.GREEDY);
        List<Integer> tokens = new ArrayList<>();
        for (int i = 0; i < GREEDY_TOKENS; i++) {
          List<SequenceOutput> outputs =
              session.step(List.of(new SequenceChunk(sequence, sequence.pending()))).outputs();
          tokens.add(outputs.getFirst().token());
        }
        results.add(new Result(last.logits, tokens));
        session.release(sequence);
      }
    }
    return results;
  }

  private static double relativeRms(float[] wanted, float[] got) {
    double mean = 0;
    for (float logit : wanted) {
      mean += logit / wanted.length;
    }
    double spread = 0;
    double squares = 0;
    for (int i = 0; i < wanted.length; i++) {
      spread += (wanted[i] - mean) * (wanted[i] - mean);
      squares += (double) (wanted[i] - got[i]) * (wanted[i] - got[i]);
    }
    double relative = Math.sqrt(squares / spread);
    return Double.isNaN(relative) ? Double.POSITIVE_INFINITY : relative;
  }

  private static int equalTokens(List<Integer> wanted, List<Integer> got) {
    int equal = 0;
    while (equal < wanted.size() && wanted.get(equal).equals(got.get(equal))) {
      equal++;
    }
    return equal;
  }
}
