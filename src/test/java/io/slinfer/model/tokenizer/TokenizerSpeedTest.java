package io.slinfer.model.tokenizer;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.bench.EnglishText;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Floors of speed, in CPU time of the thread, so that other work on the machine counts little. */
final class TokenizerSpeedTest {

  private static final double FLOOR_MEGABYTES_PER_SECOND = 2;

  @Test
  void encodesEnglishAtTwoMegabytesPerSecondAndCore() throws IOException {
    Tokenizer tokenizer = TokenizerFixtures.demo();
    String text = EnglishText.ofChars(1 << 20, 1);
    double best = 0;
    for (int pass = 0; pass < 4; pass++) {
      best = Math.max(best, text.length() * 1e3 / cpuNanos(tokenizer, text));
    }
    System.out.printf(Locale.ROOT, "English text: %.1f MB/s per core%n", best);
    assertTrue(best >= FLOOR_MEGABYTES_PER_SECOND, best + " MB/s");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", " ", "t", "é", "日", "\n", "0", "-"})
  void oneCharacterRepeatedCostsInProportion(String unit) throws IOException {
    for (Tokenizer tokenizer :
        new Tokenizer[] {TokenizerFixtures.demo(), TokenizerFixtures.own("llama-gqa")}) {
      String large = unit.repeat(1_000_000);
      String small = unit.repeat(125_000);
      cpuNanos(tokenizer, small);
      long smallNanos = Math.min(cpuNanos(tokenizer, small), cpuNanos(tokenizer, small));
      long largeNanos = cpuNanos(tokenizer, large);
      double ratio = (double) largeNanos / smallNanos;
      System.out.printf(
          Locale.ROOT,
          "1 M of U+%04X: %.0f ms, %.1f times an eighth of it%n",
          (int) unit.charAt(0),
          largeNanos / 1e6,
          ratio);
      // 8 is linear, 64 quadratic; what takes no second at 1 M is fast whatever the ratio.
      assertTrue(ratio < 30 || largeNanos < 1_000_000_000L, "ratio " + ratio);
    }
  }

  private static long cpuNanos(Tokenizer tokenizer, String text) {
    long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    assertTrue(tokenizer.encode(text, false, false).length > 0);
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - start;
  }
}
