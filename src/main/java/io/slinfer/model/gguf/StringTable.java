package io.slinfer.model.gguf;

import java.nio.charset.StandardCharsets;
import java.util.AbstractList;
import java.util.Objects;
import java.util.RandomAccess;

/**
 * Many short strings in little room: their UTF-8 one after another, made into a String when asked
 * for. A vocabulary has hundreds of thousands, and most readers of a file want none of them.
 * Immutable.
 */
final class StringTable extends AbstractList<String> implements RandomAccess {

  private final byte[] bytes;
  private final int[] starts;
  private final int[] lengths;

  /**
   * @param starts where each string starts in {@code bytes}
   * @param lengths bytes of each string
   */
  StringTable(byte[] bytes, int[] starts, int[] lengths) {
    this.bytes = bytes;
    this.starts = starts;
    this.lengths = lengths;
  }

  @Override
  public String get(int index) {
    Objects.checkIndex(index, starts.length);
    return new String(bytes, starts[index], lengths[index], StandardCharsets.UTF_8);
  }

  @Override
  public int size() {
    return starts.length;
  }
}
