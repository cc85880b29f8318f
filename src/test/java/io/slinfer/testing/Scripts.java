package io.slinfer.testing;

import io.slinfer.cost.InstanceCosts;
import io.slinfer.cost.LatencyProfile;
import io.slinfer.cost.LatencyProfile.Curve;
import io.slinfer.cost.ModelShape;
import io.slinfer.engine.LoadedModel;
import io.slinfer.engine.Sequence;
import io.slinfer.kvcache.BlockTable;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Function;

/** Ready-made behaviours for {@link ScriptedEngine}. */
public final class Scripts {

  /** 1 KiB blocks, room for 1,024 tokens a sequence. */
  public static final LoadedModel SMALL = new LoadedModel(1 << 20, 1 << 10, 1, 1_024, 1_024, 258);

  /** The factor for safety of the costs here, as the paper gives it to CPUs. */
  public static final double MARGIN = 1.1;

  /** As {@link #costs(LoadedModel, double)}, at full speed. */
  public static InstanceCosts costs(LoadedModel model) {
    return costs(model, 1);
  }

  /**
   * 10 us for a prompt token, 0.1 ms for a decode step, with the margin.
   *
   * @param slowness everything takes so many times as long
   */
  public static InstanceCosts costs(LoadedModel model, double slowness) {
    ModelShape shape =
        new ModelShape(model.weightBytes(), model.kvBlockBytes() / BlockTable.TOKENS_PER_BLOCK, 1);
    double unit = slowness / MARGIN;
    Curve prefill = new Curve(new double[] {1, 1_000}, new double[] {1e4 * unit, 1e7 * unit});
    Curve decode = new Curve(new double[] {1, 64}, new double[] {1e5 * unit, 2e5 * unit});
    return new InstanceCosts(
        shape,
        new LatencyProfile(prefill, List.of(new LatencyProfile.DecodeRow(1_000, decode))),
        MARGIN,
        64,
        32);
  }

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

  /** Repeats the prompt's own bytes up to a character, at which its logits are broken. */
  public static Function<Sequence, Integer> echoUntil(char broken) {
    Function<Sequence, Integer> echo = echo();
    return sequence -> {
      int token = echo.apply(sequence);
      return token == broken ? -1 : token;
    };
  }

  /** The letters a to z in turn, without end. */
  public static Function<Sequence, Integer> alphabet() {
    return sequence -> 'a' + sequence.generated() % 26;
  }
}
