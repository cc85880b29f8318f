package io.slinfer.engine.emulated;

import io.slinfer.engine.Sequence;
import java.util.Arrays;
import java.util.BitSet;

/**
 * Which token follows: a hash of the prompt, the position and (unless the temperature is 0) the
 * seed chooses one of a list, so that an answer is the same however its steps were cut, on
 * whichever device. Immutable.
 */
public final class MadeUpTokens {

  private static final long GOLDEN = 0x9E3779B97F4A7C15L;
  private static final int HASHED_TOKENS = 32;

  private final int vocabularySize;
  private final int[] words;
  private final int endToken;
  private final int answerTokens;

  /**
   * @param vocabularySize of the tokenizer
   * @param words tokens to choose from: each decodes to whole characters
   * @param endToken ends an answer
   * @param answerTokens mean length of an answer that nothing else ends, spread evenly over half to
   *     one and a half of it; 0 never ends one
   */
  public MadeUpTokens(int vocabularySize, int[] words, int endToken, int answerTokens) {
    if (words.length == 0) {
      throw new IllegalArgumentException("no token to choose from");
    }
    this.vocabularySize = vocabularySize;
    this.words = words.clone();
    this.endToken = endToken;
    this.answerTokens = answerTokens;
  }

  int vocabularySize() {
    return vocabularySize;
  }

  /** The token that follows all that the sequence has. */
  int after(Sequence sequence) {
    long seed = sequence.sampling().temperature() == 0 ? 0 : sequence.sampling().seed();
    long prompt = mix(seed + sequence.promptLength() * GOLDEN);
    int from = Math.max(0, sequence.promptLength() - HASHED_TOKENS);
    for (int i = from; i < sequence.promptLength(); i++) {
      prompt = prompt * GOLDEN + sequence.token(i);
    }
    if (answerTokens > 0) {
      int length = answerTokens / 2 + (int) Long.remainderUnsigned(mix(prompt), answerTokens + 1);
      if (sequence.generated() == length) {
        return endToken;
      }
    }
    long drawn = mix(prompt + sequence.length() * GOLDEN);
    return words[(int) Long.remainderUnsigned(drawn, words.length)];
  }

  /** The token if the sequence's rule allows it, else one that it allows. */
  static int allowed(Sequence sequence, int token) {
    if (sequence.progress() == null) {
      return token;
    }
    long[] bits = sequence.progress().allowed();
    if ((bits[token >> 6] >>> token & 1) != 0) {
      return token;
    }
    int count = Arrays.stream(bits).mapToInt(Long::bitCount).sum();
    int skipped = (int) Long.remainderUnsigned(mix(sequence.length()), count);
    return BitSet.valueOf(bits).stream().skip(skipped).findFirst().orElseThrow();
  }

  /** SplitMix64's finaliser (Steele, Lea, Flood 2014). */
  private static long mix(long bits) {
    long z = bits + GOLDEN;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
