package io.slinfer.bench;

import io.slinfer.model.gguf.GgufFile;
import io.slinfer.model.tokenizer.Tokenizer;
import io.slinfer.model.tokenizer.Tokenizers;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Locale;
import java.util.zip.GZIPInputStream;

/**
 * Speed of tokenizers on one thread, by its CPU time. Run after {@code scripts/build test-compile}:
 * {@code java -cp target/test-classes:target/classes:target/lib/*
 * io.slinfer.bench.TokenizerBenchmark [TEXT [GGUF or GGUF.gz ...]]}; by default the project's
 * English text and the demo model. For each file prints the time to load the tokenizer, MB/s of the
 * first pass over the text (cold cache and code), the median of nine later ones, and MB/s of 1 MB
 * of one letter and of decoding.
 */
public final class TokenizerBenchmark {

  private static final int PASSES = 9;
  private static final int LETTERS = 1_000_000;

  private TokenizerBenchmark() {}

  public static void main(String[] arguments) throws IOException {
    String text =
        arguments.length > 0
            ? Files.readString(Path.of(arguments[0]))
            : EnglishText.ofChars(4 << 20, 1);
    String[] models =
        arguments.length > 1
            ? Arrays.copyOfRange(arguments, 1, arguments.length)
            : new String[] {"models/demo-chat.gguf"};
    System.out.println(
        "vocabulary, load ms, first MB/s, median MB/s, one letter MB/s, decode MB/s");
    for (String model : models) {
      System.out.println(row(Path.of(model), text));
    }
  }

  private static String row(Path model, String text) throws IOException {
    Path file = model.toString().endsWith(".gz") ? unpack(model) : model;
    long start = cpuNanos();
    Tokenizer tokenizer;
    try (GgufFile gguf = GgufFile.open(file)) {
      tokenizer = Tokenizers.of(gguf.metadata());
    }
    double loadMillis = (cpuNanos() - start) / 1e6;
    double first = megabytesPerSecond(tokenizer, text);
    double[] passes = new double[PASSES];
    for (int i = 0; i < PASSES; i++) {
      passes[i] = megabytesPerSecond(tokenizer, text);
    }
    Arrays.sort(passes);
    double letters = megabytesPerSecond(tokenizer, "a".repeat(LETTERS));
    int[] ids = tokenizer.encode(text, false, false);
    start = cpuNanos();
    int decoded = tokenizer.decode(ids, false).length;
    double decode = decoded * 1e3 / (cpuNanos() - start);
    return String.format(
        Locale.ROOT,
        "%s, %.0f, %.1f, %.1f, %.1f, %.1f",
        model.getFileName(),
        loadMillis,
        first,
        passes[PASSES / 2],
        letters,
        decode);
  }

  private static long cpuNanos() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  /** MB/s (10^6 bytes of UTF-8) of one pass. */
  static double megabytesPerSecond(Tokenizer tokenizer, String text) {
    long start = cpuNanos();
    int tokens = tokenizer.encode(text, false, false).length;
    long nanos = cpuNanos() - start;
    if (tokens == 0) {
      throw new IllegalStateException("no tokens");
    }
    return text.getBytes(StandardCharsets.UTF_8).length * 1e3 / nanos;
  }

  private static Path unpack(Path gzipped) throws IOException {
    Path file = Files.createTempFile("slinfer-bench", ".gguf");
    file.toFile().deleteOnExit();
    try (InputStream in = new GZIPInputStream(Files.newInputStream(gzipped))) {
      Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
    }
    return file;
  }
}
