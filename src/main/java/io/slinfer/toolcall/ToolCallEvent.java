package io.slinfer.toolcall;

/** What a parser finds in an answer, in order. Calls are numbered from 0. */
public sealed interface ToolCallEvent {

  /** Text outside of calls. */
  record Text(String text) implements ToolCallEvent {}

  /** A call begins; the id is new. */
  record CallStarted(int index, String id, String name) implements ToolCallEvent {}

  /** The next part of a call's arguments; all parts together are the JSON text. */
  record ArgumentsDelta(int index, String fragment) implements ToolCallEvent {}

  /** No more of this call comes; not complete if the answer was cut or malformed inside it. */
  record CallEnded(int index, boolean complete) implements ToolCallEvent {}
}
