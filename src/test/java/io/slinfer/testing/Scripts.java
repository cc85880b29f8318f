package io.slinfer.testing;

import io.slinfer.engine.LoadedModel;
import io.slinfer.engine.Sequence;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;

/** Ready-made behaviours for {@link ScriptedEngine}. */
public final class Scripts {

  /** 1 KiB blocks, 4 to a slab, room for 1,024 tokens a sequence. */
  public static final LoadedModel SMALL = new LoadedModel(1 << 20, 1 << 10, 4, 256, 1_024, 258);

  private Scripts() {}

  /** The bytes of a text, then the end of the sequence, again and again. */
  public static Function<Sequence, Integer> saying(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return sequence -> {
      int index = sequence.generated() % (bytes.length + 1);
      return index < bytes.length ? bytes[index] & 0xff : ByteTokenizer.END;
    };
  }

  /** Repeats the prompt's own bytes, then ends. */
  public static Function<Sequence, Integer> echo() {
    return sequence -> {
      int first = sequence.token(0) == ByteTokenizer.BEGIN ? 1 : 0;
      int index = first + sequence.generated();
      return index < sequence.promptLength() ? sequence.token(index) : ByteTokenizer.END;
    };
  }

  /** The letters a to z in turn, without end. */
  public static Function<Sequence, Integer> alphabet() {
    return sequence -> 'a' + sequence.generated() % 26;
  }
}
