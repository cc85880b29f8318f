package io.slinfer.toolcall;

import java.util.List;
import java.util.Optional;

/**
 * What stands around the reasoning that comes before a model's answer.
 *
 * @param open such as {@code <think>}
 * @param close such as {@code </think>}
 */
public record ReasoningMarkers(String open, String close) {

  private static final ReasoningMarkers THINK = new ReasoningMarkers("<think>", "</think>");

  private static final ReasoningMarkers HARMONY =
      new ReasoningMarkers(
          "<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>");

  /** The markers that a chat template knows; empty if its model does not reason. */
  public static Optional<ReasoningMarkers> detect(String template) {
    if (template.contains("<|channel|>") && template.contains("analysis")) {
      return Optional.of(HARMONY);
    }
    for (ReasoningMarkers markers : List.of(THINK, new ReasoningMarkers("[THINK]", "[/THINK]"))) {
      if (template.contains(markers.close)) {
        return Optional.of(markers);
      }
    }
    return Optional.empty();
  }

  /** Whether a prompt ends within the reasoning, so that the answer lacks the opening marker. */
  public boolean endsInside(String prompt) {
    return prompt.stripTrailing().endsWith(open);
  }

  /** The splitter of one answer. */
  public ReasoningSplitter splitter(boolean startsInside) {
    return new ReasoningSplitter(open, close, startsInside);
  }
}
