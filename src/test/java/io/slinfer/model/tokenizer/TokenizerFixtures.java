package io.slinfer.model.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.slinfer.model.gguf.GgufFile;
import io.slinfer.model.gguf.GgufMetadata;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import java.util.zip.GZIPInputStream;

/** Tokenizers and vectors that the tests read. */
final class TokenizerFixtures {

  /** The tiny tokenizers that are part of the project. */
  static final List<String> OWN =
      List.of(
          "gemma2",
          "gpt-oss",
          "granite",
          "llama-gqa",
          "llama3-rope",
          "olmo2",
          "phi3",
          "qwen2",
          "smollm3",
          "starcoder2");

  private TokenizerFixtures() {}

  static Path sharedConformance() {
    return Path.of(System.getProperty("slinfer.shared"), "conformance");
  }

  static Tokenizer demo() throws IOException {
    return Tokenizers.of(metadata(Path.of("models/demo-chat.gguf")));
  }

  static Tokenizer own(String name) {
    return Tokenizers.of(ownMetadata(name));
  }

  static GgufMetadata ownMetadata(String name) {
    try {
      return metadataOfGzipped(resource(name + ".gguf.gz"));
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  static JsonNode ownVectors(String name) throws IOException {
    return new ObjectMapper().readTree(resource(name + ".json").toFile());
  }

  static JsonNode gzippedJson(Path file) throws IOException {
    try (InputStream in = new GZIPInputStream(Files.newInputStream(file))) {
      return new ObjectMapper().readTree(in);
    }
  }

  static GgufMetadata metadataOfGzipped(Path file) throws IOException {
    Path unpacked = Files.createTempFile("slinfer-tokenizer", ".gguf");
    try (InputStream in = new GZIPInputStream(Files.newInputStream(file))) {
      Files.copy(in, unpacked, StandardCopyOption.REPLACE_EXISTING);
      return metadata(unpacked);
    } finally {
      Files.delete(unpacked);
    }
  }

  static int[] ids(JsonNode array) {
    int[] ids = new int[array.size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = array.get(i).intValue();
    }
    return ids;
  }

  static Stream<JsonNode> each(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false);
  }

  private static GgufMetadata metadata(Path file) throws IOException {
    try (GgufFile gguf = GgufFile.open(file)) {
      return gguf.metadata();
    }
  }

  private static Path resource(String name) {
    try {
      return Path.of(TokenizerFixtures.class.getResource("/conformance/tokenizer/" + name).toURI());
    } catch (URISyntaxException impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}
