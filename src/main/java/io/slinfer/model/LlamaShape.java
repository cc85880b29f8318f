package io.slinfer.model;

import java.util.Map;
import java.util.TreeMap;

/**
 * The sizes of a llama model.
 *
 * @param hidden numbers of the residual stream
 * @param keyHeads heads of keys and of values; the query heads are a multiple
 * @param tied the output matrix is the embedding
 */
public record LlamaShape(
    int hidden,
    int layers,
    int heads,
    int keyHeads,
    int feedForward,
    int vocabulary,
    boolean tied) {

  private static final Map<String, LlamaShape> NAMED =
      new TreeMap<>(
          Map.of(
              "tiny", new LlamaShape(256, 4, 8, 2, 768, 3072, false),
              "100m", new LlamaShape(768, 12, 12, 4, 2048, 32000, false),
              "1.1b", new LlamaShape(2048, 22, 32, 4, 5632, 32000, false),
              "3b", new LlamaShape(3072, 28, 24, 8, 8192, 128256, true),
              "8b", new LlamaShape(4096, 32, 32, 8, 14336, 128256, false)));

  public LlamaShape {
    if (hidden < 1 || layers < 1 || heads < 1 || keyHeads < 1 || feedForward < 1) {
      throw new IllegalArgumentException("every size of a shape is at least 1");
    }
    if (hidden % (2 * heads) != 0 || heads % keyHeads != 0) {
      throw new IllegalArgumentException(
          "hidden "
              + hidden
              + " must be an even multiple of heads "
              + heads
              + ", and those a multiple of key heads "
              + keyHeads);
    }
  }

  /**
   * A shape by name ({@code tiny}, {@code 100m}, {@code 1.1b}, {@code 3b}, {@code 8b}) or by sizes
   * {@code hidden,layers,heads,keyHeads,feedForward,vocabulary}.
   */
  public static LlamaShape of(String text) {
    LlamaShape named = NAMED.get(text);
    if (named != null) {
      return named;
    }
    String[] sizes = text.split(",", -1);
    if (sizes.length != 6) {
      throw new IllegalArgumentException(
          "shape "
              + text
              + " is none of "
              + NAMED.keySet()
              + " nor hidden,layers,heads,keyHeads,feedForward,vocabulary");
    }
    int[] numbers = new int[6];
    for (int i = 0; i < 6; i++) {
      try {
        numbers[i] = Integer.parseInt(sizes[i].strip());
      } catch (NumberFormatException notANumber) {
        throw new IllegalArgumentException("shape " + text + ": " + sizes[i] + " is no number");
      }
    }
    return new LlamaShape(
        numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5], false);
  }

  /** Numbers of one head. */
  public int headSize() {
    return hidden / heads;
  }
}
