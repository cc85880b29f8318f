package io.slinfer.gateway;

import io.slinfer.model.tokenizer.Tokenizer;
import io.slinfer.toolcall.ReasoningMarkers;
import io.slinfer.toolcall.ToolCallFormat;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/**
 * What a model's answers look like, by its chat template. Immutable. Markers are text to the
 * readers of answers even where the vocabulary has them as control tokens.
 *
 * @param calls how it calls tools; empty if its template takes none
 * @param reasoning what stands around its reasoning; empty if it does not reason
 * @param callMarkers the control tokens in the markers of calls; never changed
 * @param reasoningMarkers the control tokens in the markers of reasoning; never changed
 */
public record AnswerStyle(
    Optional<ToolCallFormat> calls,
    Optional<ReasoningMarkers> reasoning,
    BitSet callMarkers,
    BitSet reasoningMarkers) {

  /** Plain text and nothing else. */
  static final AnswerStyle PLAIN =
      new AnswerStyle(Optional.empty(), Optional.empty(), new BitSet(), new BitSet());

  /** By the source of a template. */
  static AnswerStyle of(String template, Tokenizer tokenizer) {
    Optional<ToolCallFormat> calls = ToolCallFormat.detect(template);
    Optional<ReasoningMarkers> reasoning = ReasoningMarkers.detect(template);
    return new AnswerStyle(
        calls,
        reasoning,
        controls(calls.map(ToolCallFormat::markers).orElse(List.of()), tokenizer),
        controls(
            reasoning.map(markers -> List.of(markers.open(), markers.close())).orElse(List.of()),
            tokenizer));
  }

  /** The control tokens that a request's answer shows as text. */
  BitSet shownControls(AnswerReading reading) {
    BitSet shown = new BitSet();
    if (reading.calls()) {
      shown.or(callMarkers);
    }
    if (reading.reasoning()) {
      shown.or(reasoningMarkers);
    }
    return shown;
  }

  private static BitSet controls(List<String> markers, Tokenizer tokenizer) {
    BitSet tokens = new BitSet();
    for (String marker : markers) {
      for (int token : tokenizer.encode(marker, false, true)) {
        if (tokenizer.piece(token, false).length == 0) {
          tokens.set(token);
        }
      }
    }
    return tokens;
  }
}
