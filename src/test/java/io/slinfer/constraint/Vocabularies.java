package io.slinfer.constraint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Vocabularies for tests. */
public final class Vocabularies {

  private static TokenTrie demo;

  private Vocabularies() {}

  /** The vocabulary of the bundled demo model. */
  public static synchronized TokenTrie demo() {
    if (demo == null) {
      try {
        demo = new TokenTrie(GgufVocabulary.read(Path.of("models/demo-chat.gguf")));
      } catch (IOException failure) {
        throw new UncheckedIOException(failure);
      }
    }
    return demo;
  }

  /** Token b is the byte b, token 256 ends, then come these texts and these control tokens. */
  public static TokenTrie bytesAnd(List<String> texts, List<String> controls) {
    List<byte[]> pieces = new ArrayList<>();
    for (int value = 0; value < 256; value++) {
      pieces.add(new byte[] {(byte) value});
    }
    pieces.add("<end>".getBytes(StandardCharsets.UTF_8));
    texts.forEach(text -> pieces.add(text.getBytes(StandardCharsets.UTF_8)));
    int firstControl = pieces.size();
    controls.forEach(text -> pieces.add(text.getBytes(StandardCharsets.UTF_8)));
    boolean[] ends = new boolean[pieces.size()];
    ends[256] = true;
    boolean[] control = new boolean[pieces.size()];
    control[256] = true;
    for (int id = firstControl; id < pieces.size(); id++) {
      control[id] = true;
    }
    return new TokenTrie(new GgufVocabulary(pieces.toArray(byte[][]::new), ends, control));
  }

  /**
   * Byte-level tokens of 1 to about 16 bytes, made like words: letters after an optional space,
   * JSON punctuation runs, digits, and multi-byte characters, some cut.
   */
  public static TokenTrie synthetic(int size, long seed) {
    Random random = new Random(seed);
    List<String> words = new ArrayList<>();
    String punctuation = "\"\"\"{}[]:,.!?'()-_ \\\n";
    while (words.size() < size - 257) {
      StringBuilder word = new StringBuilder();
      int kind = random.nextInt(20);
      int length = 1 + random.nextInt(4) + random.nextInt(9);
      if (kind < 2) {
        for (int i = 0; i < 1 + length / 3; i++) {
          word.append(punctuation.charAt(random.nextInt(punctuation.length())));
        }
      } else if (kind == 2) {
        for (int i = 0; i < 1 + random.nextInt(3); i++) {
          word.append((char) ('0' + random.nextInt(10)));
        }
      } else if (kind < 8) {
        for (int i = 0; i < 1 + length / 3; i++) {
          word.append((char) (0x400 + random.nextInt(0x60)));
        }
      } else {
        word.append(random.nextBoolean() ? " " : "");
        for (int i = 0; i < length; i++) {
          word.append((char) ('a' + random.nextInt(26)));
        }
        word.append(random.nextInt(12) == 0 ? "\"" : "");
      }
      words.add(word.toString());
    }
    return bytesAnd(words, List.of());
  }
}
