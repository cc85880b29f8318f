package io.slinfer.model.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tokenizers against vectors of llama.cpp and Hugging Face tokenizers. */
final class TokenizerConformanceTest {

  @ParameterizedTest
  @MethodSource("ownNames")
  void encodesTheVectorsOfTheTinyTokenizers(String name) throws IOException {
    Tokenizer tokenizer = TokenizerFixtures.own(name);
    for (JsonNode vector : TokenizerFixtures.ownVectors(name)) {
      boolean addSpecial = vector.get("add_special").booleanValue();
      assertIds(vector.get("ids"), tokenizer, vector, addSpecial, false);
    }
  }

  static List<String> ownNames() {
    return TokenizerFixtures.OWN;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "deepseek-coder",
        "deepseek-llm",
        "falcon",
        "gpt-2",
        "llama-bpe",
        "llama-spm",
        "phi-3",
        "qwen2",
        "refact",
        "starcoder"
      })
  void agreesWithEveryVectorOfAPublishedVocabulary(String name) throws Exception {
    Path folder = TokenizerFixtures.sharedConformance();
    assumeTrue(Files.exists(folder), "the shared fixtures folder is absent");
    JsonNode fixture =
        TokenizerFixtures.gzippedJson(folder.resolve("tokenizer/" + name + ".json.gz"));
    JsonNode upstream =
        TokenizerFixtures.gzippedJson(folder.resolve("tokenizer/" + name + ".upstream.json.gz"));
    Tokenizer tokenizer =
        Tokenizers.of(
            TokenizerFixtures.metadataOfGzipped(
                folder.resolve("vocab/" + fixture.get("gguf").textValue())));
    assertEquals(fixture.get("n_tokens").intValue(), tokenizer.vocabularySize());
    checkSpecialIds(fixture.get("special"), tokenizer);
    fixture.get("encode").forEach(vector -> checkEncoding(vector, tokenizer));
    fixture.get("encode_special_tokens").forEach(vector -> checkSpecial(vector, tokenizer));
    fixture.get("decode").forEach(vector -> checkDecoding(vector, tokenizer));
    fixture.get("stream").forEach(vector -> checkStream(vector, tokenizer));
    for (JsonNode vector : fixture.get("long")) {
      checkLong(vector, tokenizer);
    }
    upstream
        .get("cases")
        .forEach(vector -> assertIds(vector.get("ids"), tokenizer, vector, false, false));
  }

  private static void checkSpecialIds(JsonNode special, Tokenizer tokenizer) {
    assertEquals(special.get("bos").intValue(), tokenizer.beginOfSequence());
    assertEquals(special.get("eos").intValue(), tokenizer.endOfSequence());
    assertTrue(tokenizer.endsGeneration(special.get("eos").intValue()));
    int endOfTurn = special.get("eot").intValue();
    assertTrue(endOfTurn < 0 || tokenizer.endsGeneration(endOfTurn), "eot " + endOfTurn);
  }

  private static void checkEncoding(JsonNode vector, Tokenizer tokenizer) {
    String text = vector.get("text").textValue();
    int[] plain = tokenizer.encode(text, false, false);
    boolean disputed = vector.has("hf_plain");
    if (!disputed || !Arrays.equals(TokenizerFixtures.ids(vector.get("hf_plain")), plain)) {
      assertIds(vector.get("plain"), tokenizer, vector, false, false);
      assertIds(vector.get("special"), tokenizer, vector, true, true);
    }
    // llama.cpp's own answer differs where it deletes spaces before punctuation.
    byte[] decoded = tokenizer.decode(TokenizerFixtures.ids(vector.get("plain")), false);
    byte[] peer = Base64.getDecoder().decode(vector.get("detok_b64").textValue());
    if (!Arrays.equals(text.getBytes(StandardCharsets.UTF_8), decoded)) {
      assertArrayEquals(peer, decoded, text);
    }
  }

  private static void checkSpecial(JsonNode vector, Tokenizer tokenizer) {
    assertIds(vector.get("plain"), tokenizer, vector, false, false);
    assertIds(vector.get("special"), tokenizer, vector, true, true);
    assertIds(vector.get("parse_only"), tokenizer, vector, false, true);
  }

  private static void checkDecoding(JsonNode vector, Tokenizer tokenizer) {
    int[] ids = TokenizerFixtures.ids(vector.get("ids"));
    Tokenizer.TokenStream stream = tokenizer.stream();
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < ids.length; i++) {
      byte[] piece = Base64.getDecoder().decode(vector.get("pieces_b64").get(i).textValue());
      assertArrayEquals(piece, tokenizer.piece(ids[i], false), tokenizer.written(ids[i]));
      text.append(stream.next(ids[i]));
    }
    text.append(stream.end());
    assertEquals(vector.get("text_with_replacement").textValue(), text.toString());
  }

  private static void checkStream(JsonNode vector, Tokenizer tokenizer) {
    Tokenizer.TokenStream stream = tokenizer.stream();
    JsonNode ids = vector.get("ids");
    for (int i = 0; i < ids.size(); i++) {
      String chunk = stream.next(ids.get(i).intValue());
      assertEquals(vector.get("chunks").get(i).textValue(), chunk, "chunk " + i);
    }
    assertEquals(vector.get("tail").textValue(), stream.end());
  }

  private static void checkLong(JsonNode vector, Tokenizer tokenizer)
      throws NoSuchAlgorithmException {
    String unit = vector.get("unit").textValue();
    int[] ids = tokenizer.encode(unit.repeat(vector.get("times").intValue()), false, false);
    ByteBuffer bytes = ByteBuffer.allocate(ids.length * 4).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asIntBuffer().put(ids);
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes.array());
    assertEquals(vector.get("n_ids").intValue(), ids.length, unit);
    assertEquals(
        vector.get("sha256_of_le_int32").textValue(), HexFormat.of().formatHex(digest), unit);
  }

  private static void assertIds(
      JsonNode expected,
      Tokenizer tokenizer,
      JsonNode vector,
      boolean addSpecial,
      boolean parseSpecial) {
    String text = vector.get("text").textValue();
    int[] ids = tokenizer.encode(text, addSpecial, parseSpecial);
    assertArrayEquals(
        TokenizerFixtures.ids(expected),
        ids,
        () -> "'" + text + "' became " + Arrays.toString(ids) + ", not " + expected);
  }
}
