package io.slinfer.gateway;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * One token of an answer, or of an echoed prompt, with its probability.
 *
 * @param bytes as the token is written, often not whole UTF-8; not to be changed
 * @param logProbability natural logarithm, by the raw logits; NaN for a prompt's first token, which
 *     nothing comes before
 * @param likeliest the likeliest tokens in its place, the likeliest first; as many as asked for
 */
public record TokenText(byte[] bytes, float logProbability, List<TokenText> likeliest) {

  /** Whether it is UTF-8 by itself. */
  public boolean isText() {
    return Arrays.equals(text().getBytes(StandardCharsets.UTF_8), bytes);
  }

  /** Its text; U+FFFD for what is not UTF-8 by itself. */
  public String text() {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
