package io.slinfer.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/**
 * The conformance fixtures: a subset ships with the tests, all of them lie in the shared fixtures
 * folder.
 */
public final class Fixtures {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path SHIPPED = Path.of("src/test/resources/conformance");

  private Fixtures() {}

  /** The shared fixtures, or the shipped subset where that folder is absent. */
  public static Path root() {
    Path shared = Path.of(System.getProperty("slinfer.shared", "absent"), "conformance");
    return Files.isDirectory(shared) ? shared : SHIPPED;
  }

  /** The subset in the project. */
  public static Path shipped() {
    return SHIPPED;
  }

  /** The folders of {@code parent}, sorted by name. */
  public static List<Path> folders(Path parent) throws IOException {
    try (Stream<Path> children = Files.list(parent)) {
      return List.copyOf(new TreeSet<>(children.filter(Files::isDirectory).toList()));
    }
  }

  /** The gzipped model files of a folder, sorted by name. */
  public static List<Path> models(Path folder) throws IOException {
    try (Stream<Path> children = Files.list(folder)) {
      return List.copyOf(
          new TreeSet<>(children.filter(f -> f.toString().endsWith(".gguf.gz")).toList()));
    }
  }

  /** A gzipped JSON file. */
  public static JsonNode json(Path file) throws IOException {
    try (InputStream in = new GZIPInputStream(Files.newInputStream(file))) {
      return JSON.readTree(in);
    }
  }

  /** Unpacks a gzipped file into a folder, so that it can be mapped. */
  public static Path unpack(Path file, Path folder) throws IOException {
    Path out = folder.resolve(file.getFileName().toString().replace(".gz", ""));
    if (!Files.exists(out)) {
      try (InputStream in = new GZIPInputStream(Files.newInputStream(file))) {
        Files.copy(in, out);
      }
    }
    return out;
  }

  /** Base64 of little-endian float32. */
  public static float[] floats(JsonNode base64) {
    ByteBuffer bytes =
        ByteBuffer.wrap(Base64.getDecoder().decode(base64.asText())).order(ByteOrder.LITTLE_ENDIAN);
    float[] numbers = new float[bytes.remaining() / Float.BYTES];
    bytes.asFloatBuffer().get(numbers);
    return numbers;
  }

  /** An array of whole numbers. */
  public static int[] ints(JsonNode array) {
    int[] numbers = new int[array.size()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = array.get(i).asInt();
    }
    return numbers;
  }
}
