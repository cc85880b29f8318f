package io.slinfer.gateway;

import io.slinfer.toolcall.ReasoningEvent;
import io.slinfer.toolcall.ReasoningSplitter;
import io.slinfer.toolcall.ToolCallEvent;
import io.slinfer.toolcall.ToolCallParser;
import java.util.List;

/**
 * Tells the listener of one answer what its text is: reasoning, answer, calls of tools. Confined to
 * the gateway's event loop.
 */
final class AnswerReader {

  private final GenerationListener listener;

  /** Null if reasoning is not told apart. */
  private final ReasoningSplitter splitter;

  /** Null if calls are not told apart. */
  private final ToolCallParser parser;

  /** Whether the answer can be nothing but calls. */
  private final boolean callsOnly;

  private boolean reasoning;
  private int wholeCalls;

  /** Whether the call that is open has arguments so far. */
  private boolean hasArguments;

  AnswerReader(
      GenerationListener listener,
      ReasoningSplitter splitter,
      ToolCallParser parser,
      boolean callsOnly) {
    this.listener = listener;
    this.splitter = splitter;
    this.parser = parser;
    this.callsOnly = callsOnly;
  }

  /** The reader that a request asks for. */
  static AnswerReader of(
      GenerationListener listener,
      GenerationRequest request,
      AnswerStyle style,
      boolean insideReasoning) {
    AnswerReading reading = request.reading();
    ReasoningSplitter splitter =
        reading.reasoning()
            ? style.reasoning().map(markers -> markers.splitter(insideReasoning)).orElse(null)
            : null;
    ToolCallParser parser =
        reading.calls()
            ? style
                .calls()
                .map(format -> new ToolCallParser(format, CallIds.of(format)))
                .orElse(null)
            : null;
    return new AnswerReader(listener, splitter, parser, request.form() instanceof AnswerForm.Calls);
  }

  void read(String text) {
    if (splitter == null) {
      answer(text);
    } else {
      tell(splitter.feed(text));
    }
  }

  /**
   * What was waiting when the answer ended.
   *
   * @param cut it did not end by itself: what began a call is not told
   */
  void end(boolean cut) {
    if (splitter != null) {
      tell(splitter.end());
    }
    if (parser == null) {
      return;
    }
    for (ToolCallEvent event : cut ? parser.cut() : parser.end()) {
      if (!(cut && callsOnly && event instanceof ToolCallEvent.Text)) {
        tell(event);
      }
    }
  }

  /** Whether the last text was reasoning. */
  boolean inReasoning() {
    return reasoning;
  }

  /** Calls that came whole. */
  int wholeCalls() {
    return wholeCalls;
  }

  private void tell(List<ReasoningEvent> events) {
    for (ReasoningEvent event : events) {
      switch (event) {
        case ReasoningEvent.Reasoning(String text) -> {
          reasoning = true;
          listener.onReasoning(text);
        }
        case ReasoningEvent.Answer(String text) -> {
          reasoning = false;
          answer(text);
        }
      }
    }
  }

  private void answer(String text) {
    if (parser == null) {
      listener.onText(text);
    } else {
      parser.feed(text).forEach(this::tell);
    }
  }

  private void tell(ToolCallEvent event) {
    switch (event) {
      case ToolCallEvent.Text(String text) -> listener.onText(text);
      case ToolCallEvent.CallEnded ended -> {
        wholeCalls += ended.complete() ? 1 : 0;
        if (ended.complete() && !hasArguments) {
          listener.onCall(new ToolCallEvent.ArgumentsDelta(ended.index(), "{}"));
        }
        listener.onCall(ended);
      }
      case ToolCallEvent.CallStarted started -> {
        hasArguments = false;
        listener.onCall(started);
      }
      case ToolCallEvent.ArgumentsDelta delta -> {
        hasArguments |= !delta.fragment().isEmpty();
        listener.onCall(delta);
      }
    }
  }
}
