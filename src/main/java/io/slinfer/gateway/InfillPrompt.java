package io.slinfer.gateway;

import io.slinfer.model.tokenizer.Tokenizer;
import java.util.List;
import java.util.Optional;

/** Prompts of code models for filling a gap: prefix mark, text, suffix mark, text, middle mark. */
final class InfillPrompt {

  /** The marks of the families that have them: prefix, suffix, middle. */
  private static final List<List<String>> MARKS =
      List.of(
          List.of("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"),
          List.of("<fim_prefix>", "<fim_suffix>", "<fim_middle>"),
          List.of("<fim-prefix>", "<fim-suffix>", "<fim-middle>"),
          List.of("<|fim_begin|>", "<|fim_hole|>", "<|fim_end|>"),
          List.of("<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"),
          List.of("▁<PRE>", "▁<SUF>", "▁<MID>"));

  private InfillPrompt() {}

  /** The tokens; empty if the vocabulary has no such marks. */
  static Optional<int[]> of(Tokenizer tokenizer, String before, String after) {
    for (List<String> family : MARKS) {
      int[] marks = family.stream().mapToInt(mark -> token(tokenizer, mark)).toArray();
      if (marks[0] >= 0 && marks[1] >= 0 && marks[2] >= 0) {
        return Optional.of(
            joined(
                start(tokenizer),
                new int[] {marks[0]},
                tokenizer.encode(before, false, false),
                new int[] {marks[1]},
                tokenizer.encode(after, false, false),
                new int[] {marks[2]}));
      }
    }
    return Optional.empty();
  }

  /** What the model begins every text with. */
  private static int[] start(Tokenizer tokenizer) {
    int[] empty = tokenizer.encode("", true, false);
    boolean begins = empty.length > 0 && empty[0] == tokenizer.beginOfSequence();
    return begins ? new int[] {empty[0]} : new int[0];
  }

  /** The one token that is written so, or -1. */
  private static int token(Tokenizer tokenizer, String written) {
    int[] ids = tokenizer.encode(written, false, true);
    return ids.length == 1 && tokenizer.written(ids[0]).equals(written) ? ids[0] : -1;
  }

  private static int[] joined(int[]... parts) {
    int length = 0;
    for (int[] part : parts) {
      length += part.length;
    }
    int[] all = new int[length];
    int at = 0;
    for (int[] part : parts) {
      System.arraycopy(part, 0, all, at, part.length);
      at += part.length;
    }
    return all;
  }
}
