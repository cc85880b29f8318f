package io.slinfer.model.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.model.tokenizer.PreTokenizers.Family;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The matchers written by hand against the published expressions in java.util.regex. */
final class PreTokenizerTest {

  private static final String GPT2 =
      "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
  private static final String CASED = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
  private static final String SPACES = "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  private static final String UPPER = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
  private static final String LOWER = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
  private static final String PREFIX = "[^\\r\\n\\p{L}\\p{N}]?";
  private static final String CJK = "[\\u4e00-\\u9fa5\\u0800-\\u4e00\\uac00-\\ud7ff]+";
  private static final String SENTENCE = " ?[^(\\s|.,!?…。，、।۔،)]+";

  private static final Map<Family, List<String>> EXPRESSIONS = new EnumMap<>(Family.class);

  static {
    EXPRESSIONS.put(Family.GPT2, List.of(GPT2));
    EXPRESSIONS.put(Family.STARCODER, List.of("\\p{N}", GPT2));
    EXPRESSIONS.put(Family.LLAMA3, List.of(cl100k("\\p{L}", "\\p{N}{1,3}", "[\\r\\n]*")));
    EXPRESSIONS.put(Family.DBRX, EXPRESSIONS.get(Family.LLAMA3));
    EXPRESSIONS.put(Family.QWEN2, List.of(cl100k("\\p{L}", "\\p{N}", "[\\r\\n]*")));
    EXPRESSIONS.put(Family.QWEN35, List.of(cl100k("[\\p{L}\\p{M}]", "\\p{N}", "[\\r\\n]*")));
    EXPRESSIONS.put(Family.SEED_CODER, List.of(cl100k("\\p{L}", "\\p{N}", "")));
    EXPRESSIONS.put(
        Family.MINICPM5, List.of("\\p{N}{1,3}", cl100k("\\p{L}", "\\p{N}+", "[\\r\\n]*")));
    EXPRESSIONS.put(Family.GPT4O, List.of(o200k(CASED + "?", "\\p{N}{1,3}")));
    EXPRESSIONS.put(Family.TEKKEN, List.of(o200k("", "\\p{N}")));
    EXPRESSIONS.put(
        Family.DEEPSEEK_CODER, List.of("[\\r\\n]", "\\s?\\p{L}+", "\\s?\\p{P}+", CJK, "\\p{N}"));
    EXPRESSIONS.put(
        Family.DEEPSEEK_LLM,
        List.of(
            "[\\r\\n]",
            // Only these letters of the published class are in the test's alphabet.
            "\\s?[A-Za-zÀ-ÖéñΣσǅ𐐀]+",
            "\\s?[!-/:-~！-／：-～‘-‟　-。]+",
            "\\s+$",
            CJK,
            "\\p{N}+"));
    EXPRESSIONS.put(
        Family.DEEPSEEK_V3,
        List.of(
            "\\p{N}{1,3}",
            "[一-龥\\u3040-ゟ゠-ヿ]+",
            "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+"
                + "|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|"
                + SPACES));
    EXPRESSIONS.put(Family.FALCON, List.of("[\\p{P}\\$\\+<=>\\^~\\|`]+", GPT2, "[0-9][0-9][0-9]"));
    EXPRESSIONS.put(Family.BLOOM, List.of(SENTENCE));
    EXPRESSIONS.put(Family.VIKING, List.of(SENTENCE, "\\p{N}"));
    EXPRESSIONS.put(
        Family.DEFAULT, List.of("[\\p{P}\\$\\+<=>\\^~\\|]+", GPT2, "\\p{N}+", "[0-9][0-9][0-9]"));
  }

  /** Characters of every class that an expression tells apart. */
  private static final String[] ALPHABET = {
    " ", " ", " ", "  ", "\n", "\r", "\t", "\u00a0", "\u3000", "a", "b", "sS", "T", "RE", "ve",
    "LL", "'", "'", "É", "é", "ñ", "Σ", "σ", "ǅ", "ʰ", "ª", "日", "本", "か", "ᄀ", "가", "ไ", "\u0301",
    "\u0e34", "0", "1", "23", "४", "Ⅷ", "½", ".", ",", "!", "?", "/", "-", "_", "(", ")", "$", "+",
    "<", "=", "^", "~", "|", "`", "€", "…", "。", "！", "‘", "।", "🙂", "𐐀", "\u0000", "\u200d"
  };

  @ParameterizedTest
  @EnumSource(Family.class)
  void splitsAsThePublishedExpressionsDo(Family family) {
    long seed = Long.getLong("slinfer.seed", 20260101);
    Random random = new Random(seed);
    List<Pattern> patterns =
        EXPRESSIONS.get(family).stream()
            .map(expression -> Pattern.compile(expression, Pattern.UNICODE_CHARACTER_CLASS))
            .toList();
    for (int round = 0; round < 4000; round++) {
      StringBuilder text = new StringBuilder();
      for (int n = random.nextInt(24); n >= 0; n--) {
        text.append(ALPHABET[random.nextInt(ALPHABET.length)]);
      }
      assertEquals(
          byExpressions(patterns, text.toString()),
          byMatchers(family, text.toString()),
          "seed " + seed + ", round " + round);
    }
  }

  @ParameterizedTest
  @EnumSource(Family.class)
  void takesTimeInProportionToTheText(Family family) {
    for (String unit : new String[] {"a", "A", " ", "\n", "日", "'", ".", "1", "\u0301", "日A"}) {
      for (String tail : new String[] {"", "日", "x ", "!\n"}) {
        String text = unit.repeat(150_000 / unit.length()) + tail;
        long before = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        byMatchers(family, text);
        long nanos = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - before;
        // A quadratic matcher looks at ten thousand million characters.
        assertTrue(nanos < 1_000_000_000L, family + " '" + unit + "' took " + nanos + " ns");
      }
    }
  }

  private static List<String> byMatchers(Family family, String text) {
    List<String> pieces = new ArrayList<>();
    family
        .preTokenizer()
        .split(
            text.toCharArray(),
            0,
            text.length(),
            (from, to) -> pieces.add(text.substring(from, to)));
    return pieces;
  }

  private static List<String> byExpressions(List<Pattern> patterns, String text) {
    List<String> pieces = List.of(text);
    for (Pattern pattern : patterns) {
      List<String> next = new ArrayList<>();
      for (String piece : pieces) {
        Matcher matcher = pattern.matcher(piece);
        int end = 0;
        while (matcher.find()) {
          next.addAll(Arrays.asList(piece.substring(end, matcher.start()), matcher.group()));
          end = matcher.end();
        }
        next.add(piece.substring(end));
      }
      next.removeIf(String::isEmpty);
      pieces = next;
    }
    return pieces;
  }

  private static String cl100k(String letter, String numbers, String lineEnds) {
    String marks = letter.contains("M") ? "\\p{M}" : "";
    return CASED
        + "|"
        + PREFIX
        + letter
        + "+|"
        + numbers
        + "| ?[^\\s\\p{L}"
        + marks
        + "\\p{N}]+"
        + lineEnds
        + "|"
        + SPACES;
  }

  private static String o200k(String contraction, String numbers) {
    return PREFIX
        + UPPER
        + "*"
        + LOWER
        + "+"
        + contraction
        + "|"
        + PREFIX
        + UPPER
        + "+"
        + LOWER
        + "*"
        + contraction
        + "|"
        + numbers
        + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|"
        + SPACES;
  }
}
