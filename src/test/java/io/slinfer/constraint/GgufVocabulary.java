package io.slinfer.constraint;

import io.slinfer.model.gguf.GgufFile;
import io.slinfer.model.gguf.GgufMetadata;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;

/** The vocabulary of a GGUF file, read plainly: enough for tests of constraints. */
public record GgufVocabulary(byte[][] pieces, boolean[] ends, boolean[] controls)
    implements Vocabulary {

  private static final int CONTROL = 3;
  private static final int UNKNOWN = 2;

  /** Reads a file, gunzipped to a temporary one if its name ends in {@code .gz}. */
  public static GgufVocabulary read(Path file) throws IOException {
    if (!file.toString().endsWith(".gz")) {
      try (GgufFile gguf = GgufFile.open(file)) {
        return of(gguf.metadata());
      }
    }
    Path plain = Files.createTempFile("vocabulary", ".gguf");
    try (InputStream in = new GZIPInputStream(Files.newInputStream(file))) {
      Files.write(plain, in.readAllBytes());
      return read(plain);
    } finally {
      Files.delete(plain);
    }
  }

  private static GgufVocabulary of(GgufMetadata metadata) {
    List<String> tokens = metadata.strings("tokenizer.ggml.tokens").orElseThrow();
    long[] types = metadata.integers("tokenizer.ggml.token_type").orElseThrow();
    boolean byteLevel = metadata.string("tokenizer.ggml.model").orElseThrow().equals("gpt2");
    Map<Integer, Integer> byteOf = byteLevel ? bytesOfCharacters() : Map.of();
    byte[][] pieces = new byte[tokens.size()][];
    boolean[] controls = new boolean[pieces.length];
    for (int id = 0; id < pieces.length; id++) {
      String text = tokens.get(id);
      controls[id] = types[id] == CONTROL || types[id] == UNKNOWN;
      pieces[id] =
          byteLevel && types[id] == 1
              ? byteLevelPiece(text, byteOf)
              : types[id] == 6
                  ? new byte[] {(byte) Integer.parseInt(text.substring(3, 5), 16)}
                  : text.replace('\u2581', ' ').getBytes(StandardCharsets.UTF_8);
    }
    boolean[] ends = new boolean[pieces.length];
    ends[(int) metadata.integer("tokenizer.ggml.eos_token_id").orElseThrow()] = true;
    return new GgufVocabulary(pieces, ends, controls);
  }

  private static byte[] byteLevelPiece(String text, Map<Integer, Integer> byteOf) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    text.codePoints().forEach(c -> bytes.write(byteOf.get(c)));
    return bytes.toByteArray();
  }

  /** GPT-2's printable stand-ins for bytes. */
  private static Map<Integer, Integer> bytesOfCharacters() {
    Map<Integer, Integer> byteOf = new HashMap<>();
    int next = 256;
    for (int value = 0; value < 256; value++) {
      boolean printable =
          (value >= '!' && value <= '~')
              || (value >= 0xA1 && value <= 0xAC)
              || (value >= 0xAE && value <= 0xFF);
      byteOf.put(printable ? value : next++, value);
    }
    return byteOf;
  }

  @Override
  public int size() {
    return pieces.length;
  }

  @Override
  public byte[] piece(int token) {
    return pieces[token];
  }

  @Override
  public boolean endsGeneration(int token) {
    return ends[token];
  }

  @Override
  public boolean control(int token) {
    return controls[token];
  }
}
