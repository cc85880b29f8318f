package io.slinfer.toolcall;

import java.util.ArrayList;
import java.util.List;

/**
 * Splits an answer into the reasoning at its start and the rest, as the text comes in. The markers
 * and the white space beside them are dropped; text that may be part of a marker waits. Confined to
 * the answer's owner.
 */
public final class ReasoningSplitter {

  private enum Part {
    START,
    REASONING,
    ANSWER_BEGINS,
    ANSWER
  }

  private final String open;
  private final TextBeforeMarker reasoning;
  private final String close;
  private final StringBuilder beginning = new StringBuilder();
  private Part part;

  /** Whether reasoning has been emitted. */
  private boolean thinking;

  /**
   * @param open such as {@code <think>}; recognised only as the first thing in the answer
   * @param close such as {@code </think>}
   * @param startsInside whether the prompt ends with the opening marker, so the answer lacks it
   */
  public ReasoningSplitter(String open, String close, boolean startsInside) {
    this.open = open;
    this.close = close;
    reasoning = new TextBeforeMarker(List.of(close));
    part = startsInside ? Part.REASONING : Part.START;
  }

  /** Goes on by a piece of text; the events that are certain now. */
  public List<ReasoningEvent> feed(String text) {
    List<ReasoningEvent> events = new ArrayList<>();
    String left = text;
    if (part == Part.START) {
      left = start(left);
    }
    if (part == Part.REASONING) {
      left = reason(left, events);
    }
    if (part == Part.ANSWER_BEGINS) {
      left = left.stripLeading();
    }
    if (!left.isEmpty()) {
      part = Part.ANSWER;
      events.add(new ReasoningEvent.Answer(left));
    }
    return events;
  }

  /** What is no start of the opening marker is the answer. */
  private String start(String text) {
    beginning.append(text);
    String stripped = beginning.toString().stripLeading();
    if (stripped.startsWith(open)) {
      part = Part.REASONING;
      return stripped.substring(open.length());
    }
    if (open.startsWith(stripped)) {
      return "";
    }
    part = Part.ANSWER;
    return beginning.toString();
  }

  private String reason(String text, List<ReasoningEvent> events) {
    reasoning.add(text);
    int marker = reasoning.marker();
    String thought = marker >= 0 ? reasoning.takeBefore(marker) : reasoning.takeSafe();
    if (!thinking) {
      thought = thought.stripLeading();
    }
    if (!thought.isEmpty()) {
      thinking = true;
      events.add(new ReasoningEvent.Reasoning(thought));
    }
    if (marker < 0) {
      return "";
    }
    part = Part.ANSWER_BEGINS;
    return reasoning.takeAll().substring(close.length()).stripLeading();
  }

  /** What was waiting when the answer ended. */
  public List<ReasoningEvent> end() {
    if (part == Part.START) {
      String text = beginning.toString();
      return text.isEmpty() ? List.of() : List.of(new ReasoningEvent.Answer(text));
    }
    String thought = reasoning.takeAll();
    return part == Part.REASONING && !thought.isBlank()
        ? List.of(new ReasoningEvent.Reasoning(thought))
        : List.of();
  }
}
