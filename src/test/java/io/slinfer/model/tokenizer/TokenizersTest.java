package io.slinfer.model.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.model.gguf.GgufMetadata;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the metadata say, and what they must say. */
final class TokenizersTest {

  private static final int NORMAL = 1;
  private static final int CONTROL = 3;
  private static final int BYTE = 6;

  @ParameterizedTest
  @CsvSource({
    "tokenizer.ggml.model, bert",
    "tokenizer.ggml.pre, a-new-one",
  })
  void refusesWhatItDoesNotKnowAndNamesIt(String key, String value) {
    VocabularyException refusal = refusalOf(with("qwen2", key, value));
    assertTrue(refusal.getMessage().startsWith(key + ": "), refusal.getMessage());
    assertTrue(refusal.getMessage().contains("'" + value + "'"), refusal.getMessage());
  }

  @ParameterizedTest
  @CsvSource({
    "qwen2, tokenizer.ggml.model",
    "qwen2, tokenizer.ggml.tokens",
    "qwen2, tokenizer.ggml.merges",
    "llama-gqa, tokenizer.ggml.scores",
  })
  void refusesAVocabularyThatLacksAPart(String name, String key) {
    VocabularyException refusal = refusalOf(with(name, key, null));
    assertTrue(refusal.getMessage().startsWith(key + ": is absent"), refusal.getMessage());
  }

  @Test
  void refusesListsThatDoNotFit() {
    refusalOf(with("llama-gqa", "tokenizer.ggml.scores", new double[3]));
    refusalOf(with("qwen2", "tokenizer.ggml.token_type", new long[3]));
    refusalOf(with("qwen2", "tokenizer.ggml.merges", List.of("ab")));
    refusalOf(with("qwen2", "tokenizer.ggml.merges", List.of("a ")));
    assertThrows(
        IllegalArgumentException.class,
        () -> Tokenizers.of(with("qwen2", "tokenizer.ggml.tokens", "text")));
  }

  @Test
  void refusesToAddATokenThatTheFileDoesNotName() {
    GgufMetadata metadata = with("qwen2", "tokenizer.ggml.add_eos_token", true);
    metadata = with(metadata, "tokenizer.ggml.eos_token_id", 4294967295L);
    assertTrue(refusalOf(metadata).getMessage().contains("eos_token_id"));
  }

  @Test
  void aFileWithoutAPreTokenizerGetsTheDefault() {
    int[] ids =
        Tokenizers.of(with("qwen2", "tokenizer.ggml.pre", null)).encode("a+b", false, false);
    int[] named =
        Tokenizers.of(with("qwen2", "tokenizer.ggml.pre", "default")).encode("a+b", false, false);
    assertArrayEquals(named, ids);
  }

  @Test
  void addsBeginAndEndAsTheFileSays() {
    GgufMetadata metadata = with("llama-gqa", "tokenizer.ggml.add_eos_token", true);
    int[] both = Tokenizers.of(metadata).encode("", true, true);
    assertArrayEquals(new int[] {1, 2}, both);
    metadata = with(metadata, "tokenizer.ggml.add_bos_token", false);
    assertArrayEquals(new int[] {2}, Tokenizers.of(metadata).encode("", true, true));
    assertArrayEquals(new int[0], Tokenizers.of(metadata).encode("", false, true));
  }

  @Test
  void llama3AndSentencePieceAddBeginWhereTheFileIsSilent() {
    for (String name : List.of("llama3-rope", "llama-gqa")) {
      Tokenizer tokenizer = Tokenizers.of(with(name, "tokenizer.ggml.add_bos_token", null));
      assertArrayEquals(
          new int[] {tokenizer.beginOfSequence()}, tokenizer.encode("", true, true), name);
    }
    assertEquals(0, TokenizerFixtures.own("qwen2").encode("", true, true).length);
  }

  @Test
  void anyOfSeveralTokensMayEndAGeneration() {
    Tokenizer llama3 = TokenizerFixtures.own("llama3-rope");
    assertTrue(llama3.endsGeneration(llama3.endOfSequence()));
    assertTrue(llama3.endsGeneration(single(llama3, "<|eot_id|>")));
    assertFalse(llama3.endsGeneration(llama3.beginOfSequence()));
    assertFalse(llama3.endsGeneration(-1));
    Tokenizer gemma = TokenizerFixtures.own("gemma2");
    assertTrue(gemma.endsGeneration(single(gemma, "<end_of_turn>")));
  }

  @Test
  void aMessageEndsButTheTurnGoesOnInTheHarmonyFormat() {
    Tokenizer tokenizer =
        sentencePiece(
            Map.of("tokenizer.ggml.eos_token_id", 3L),
            "<unk>",
            "<s>",
            "</s>",
            "<|return|>",
            "<|call|>",
            "<|end|>");
    assertTrue(tokenizer.endsGeneration(3));
    assertTrue(tokenizer.endsGeneration(4));
    assertFalse(tokenizer.endsGeneration(5));
  }

  @Test
  void controlTokensAreHiddenAndNeverMadeFromPlainText() {
    Tokenizer tokenizer = TokenizerFixtures.own("llama-gqa");
    assertTrue(tokenizer.encode("</s>", false, false).length > 1);
    assertArrayEquals(new int[] {2}, tokenizer.encode("</s>", false, true));
    assertEquals(0, tokenizer.piece(2, false).length);
    assertEquals("</s>", Utf8.decode(tokenizer.piece(2, true)));
    assertEquals("</s>", tokenizer.written(2));
    assertEquals("", tokenizer.written(-1));
    assertThrows(IllegalArgumentException.class, () -> tokenizer.piece(640, false));
  }

  @Test
  void specialTokensOfPhi3SwallowTheSpaceAfterThem() {
    Tokenizer tokenizer = TokenizerFixtures.own("phi3");
    int end = single(tokenizer, "<|end|>");
    assertArrayEquals(new int[] {end, end}, tokenizer.encode("<|end|> \n\t<|end|>\n", false, true));
    Tokenizer llama = TokenizerFixtures.own("llama-gqa");
    assertEquals(3, llama.encode("</s> </s>", false, true).length);
  }

  @Test
  void aSpaceGoesBeforeTextOnlyIfTheFileSaysSo() {
    String[] tokens = {"<unk>", "<s>", "</s>", "▁", "a", "▁a"};
    Tokenizer prefixed = sentencePiece(Map.of(), tokens);
    assertArrayEquals(new int[] {5}, prefixed.encode("a", false, false));
    assertEquals("a", Utf8.decode(prefixed.decode(new int[] {1, 5}, false)));
    Tokenizer bare = sentencePiece(Map.of("tokenizer.ggml.add_space_prefix", false), tokens);
    assertArrayEquals(new int[] {4}, bare.encode("a", false, false));
    assertEquals(" a", Utf8.decode(bare.decode(new int[] {5}, false)));
  }

  @Test
  void extraSpacesGoIfTheFileSaysSo() {
    Tokenizer tokenizer =
        sentencePiece(
            Map.of("tokenizer.ggml.remove_extra_whitespaces", true),
            "<unk>",
            "<s>",
            "</s>",
            "▁",
            "a",
            "▁a");
    assertArrayEquals(new int[] {5, 5}, tokenizer.encode("  a   a  ", false, false));
  }

  @Test
  void charactersWithoutATokenBecomeBytesOrElseUnknown() {
    Tokenizer bytes = sentencePiece(Map.of(), "<unk>", "<s>", "</s>", "▁", "<0xC3>", "<0xA9>");
    assertArrayEquals(new int[] {3, 4, 5}, bytes.encode("é", false, false));
    assertEquals("é", Utf8.decode(bytes.decode(new int[] {3, 4, 5}, false)));
    Tokenizer none = sentencePiece(Map.of(), "<unk>", "<s>", "</s>", "▁", "b");
    assertArrayEquals(new int[] {3, 0, 0, 4}, none.encode("éb", false, false));
  }

  @Test
  void theBestScoreMergesFirst() {
    // Scores fall with the id: "bc" before "ab", though "ab" comes first in the text.
    Tokenizer tokenizer =
        sentencePiece(
            Map.of("tokenizer.ggml.add_space_prefix", false),
            "<unk>",
            "<s>",
            "</s>",
            "bc",
            "ab",
            "a",
            "b",
            "c");
    assertArrayEquals(new int[] {5, 3}, tokenizer.encode("abc", false, false));
  }

  private static int single(Tokenizer tokenizer, String written) {
    int[] ids = tokenizer.encode(written, false, true);
    assertEquals(1, ids.length, written);
    assertArrayEquals(
        written.getBytes(StandardCharsets.UTF_8), tokenizer.piece(ids[0], true), written);
    return ids[0];
  }

  private static VocabularyException refusalOf(GgufMetadata metadata) {
    return assertThrows(VocabularyException.class, () -> Tokenizers.of(metadata));
  }

  private static GgufMetadata with(String name, String key, Object value) {
    return with(TokenizerFixtures.ownMetadata(name), key, value);
  }

  /** The metadata with one key changed, or removed for null. */
  private static GgufMetadata with(GgufMetadata metadata, String key, Object value) {
    Map<String, Object> values = new HashMap<>(metadata.values());
    if (value == null) {
      values.remove(key);
    } else {
      values.put(key, value);
    }
    return new GgufMetadata(values);
  }

  /** A vocabulary whose scores fall with the id; 0, 1, 2 are unknown, BOS and EOS. */
  private static Tokenizer sentencePiece(Map<String, Object> more, String... tokens) {
    long[] types = new long[tokens.length];
    double[] scores = new double[tokens.length];
    for (int i = 0; i < tokens.length; i++) {
      types[i] = tokens[i].startsWith("<0x") ? BYTE : i < 3 ? CONTROL : NORMAL;
      scores[i] = -i;
    }
    Map<String, Object> values = new HashMap<>(more);
    values.put("tokenizer.ggml.model", "llama");
    values.put("tokenizer.ggml.tokens", new ArrayList<>(List.of(tokens)));
    values.put("tokenizer.ggml.token_type", types);
    values.put("tokenizer.ggml.scores", scores);
    return Tokenizers.of(new GgufMetadata(values));
  }
}
