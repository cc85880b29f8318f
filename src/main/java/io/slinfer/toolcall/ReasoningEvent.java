package io.slinfer.toolcall;

/** A part of an answer, told apart by the markers around the reasoning. */
public sealed interface ReasoningEvent {

  /** Text between the markers. */
  record Reasoning(String text) implements ReasoningEvent {}

  /** Text after them, or of an answer without them. */
  record Answer(String text) implements ReasoningEvent {}
}
