package io.slinfer.model.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Random text and random ids: nothing throws, nothing is lost. */
final class TokenizerFuzzTest {

  private static final int ROUNDS = 1500;
  private static final long SEED = Long.getLong("slinfer.seed", 42);

  static List<String> names() {
    return TokenizerFixtures.OWN;
  }

  @ParameterizedTest
  @MethodSource("names")
  void decodingGivesBackWhatWasEncoded(String name) {
    Tokenizer tokenizer = TokenizerFixtures.own(name);
    Random random = new Random(SEED);
    for (int round = 0; round < ROUNDS; round++) {
      String text = randomText(random);
      int[] ids = tokenizer.encode(text, false, false);
      for (int id : ids) {
        assertTrue(id >= 0 && id < tokenizer.vocabularySize(), "id " + id);
      }
      String back = new String(tokenizer.decode(ids, false), StandardCharsets.UTF_8);
      assertEquals(text, back, () -> name + ", seed " + SEED);
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void addsAndParsesSpecialTokensInAnyTextWithoutFailing(String name) {
    Tokenizer tokenizer = TokenizerFixtures.own(name);
    Random random = new Random(SEED);
    for (int round = 0; round < ROUNDS / 3; round++) {
      StringBuilder text = new StringBuilder();
      for (int n = random.nextInt(5); n >= 0; n--) {
        text.append(randomText(random))
            .append(tokenizer.written(random.nextInt(tokenizer.vocabularySize())))
            .append((char) random.nextInt(0x10000));
      }
      for (int id : tokenizer.encode(text.toString(), true, true)) {
        assertTrue(id >= 0 && id < tokenizer.vocabularySize(), "id " + id);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void streamingGivesTheSameTextAsAllPiecesAtOnce(String name) {
    Tokenizer tokenizer = TokenizerFixtures.own(name);
    Random random = new Random(SEED);
    for (int round = 0; round < ROUNDS / 3; round++) {
      Tokenizer.TokenStream stream = tokenizer.stream();
      StringBuilder text = new StringBuilder();
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      int[] ids = random.ints(random.nextInt(40), 0, tokenizer.vocabularySize()).toArray();
      for (int id : ids) {
        String chunk = stream.next(id);
        text.append(chunk);
        bytes.writeBytes(tokenizer.piece(id, false));
        assertTrue(StandardCharsets.UTF_8.newEncoder().canEncode(chunk), "half a character");
      }
      text.append(stream.end());
      assertEquals(Utf8.decode(bytes.toByteArray()), text.toString(), "seed " + SEED);
      String whole = Utf8.decode(tokenizer.decode(ids, false));
      assertTrue(text.toString().equals(whole) || text.toString().equals(" " + whole), name);
    }
  }

  @Test
  void loneSurrogatesBecomeReplacementCharacters() throws IOException {
    Tokenizer tokenizer = TokenizerFixtures.demo();
    byte[] bytes = tokenizer.decode(tokenizer.encode("a\ud800b\udc00", false, false), false);
    assertEquals("a\ufffdb\ufffd", new String(bytes, StandardCharsets.UTF_8));
  }

  @Test
  void manyThreadsShareATokenizer() throws InterruptedException, ExecutionException {
    Tokenizer shared = TokenizerFixtures.own("qwen2");
    Random random = new Random(SEED);
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < 2000; i++) {
      texts.add(randomText(random));
    }
    List<int[]> expected = texts.stream().map(text -> shared.encode(text, false, false)).toList();
    Tokenizer fresh = TokenizerFixtures.own("qwen2");
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Future<List<int[]>>> answers = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        answers.add(
            threads.submit(
                () ->
                    texts.stream()
                        .map(text -> fresh.encode(text, false, false))
                        .collect(Collectors.toList())));
      }
      for (Future<List<int[]>> answer : answers) {
        for (int i = 0; i < expected.size(); i++) {
          assertArrayEquals(expected.get(i), answer.get().get(i));
        }
      }
    }
  }

  /** Without U+2581, which SentencePiece takes for a space. */
  private static String randomText(Random random) {
    StringBuilder text = new StringBuilder();
    for (int n = random.nextInt(30); n > 0; n--) {
      int codePoint =
          switch (random.nextInt(6)) {
            case 0 -> ' ';
            case 1 -> random.nextInt(0x80);
            case 2 -> 'a' + random.nextInt(26);
            case 3 -> random.nextInt(0x800);
            case 4 -> random.nextInt(0xD800);
            default -> 0x10000 + random.nextInt(0x100000);
          };
      text.appendCodePoint(codePoint == '▁' ? ' ' : codePoint);
    }
    return text.toString();
  }
}
