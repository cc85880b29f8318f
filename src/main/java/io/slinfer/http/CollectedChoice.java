package io.slinfer.http;

import io.slinfer.gateway.TokenText;
import io.slinfer.request.FinishReason;
import io.slinfer.toolcall.ToolCallEvent;
import java.util.ArrayList;
import java.util.List;

/** One choice while it is collected. Confined to its answer. */
final class CollectedChoice {

  private final StringBuilder text = new StringBuilder();
  private final StringBuilder reasoning = new StringBuilder();
  private final List<TokenText> tokens = new ArrayList<>();
  private List<TokenText> promptTokens = List.of();
  private final List<ToolCallEvent.CallStarted> calls = new ArrayList<>();
  private final List<StringBuilder> arguments = new ArrayList<>();
  private int tokensOffset;
  private FinishReason reason;

  void text(String piece) {
    text.append(piece);
  }

  void reasoning(String piece) {
    reasoning.append(piece);
  }

  void call(ToolCallEvent part) {
    switch (part) {
      case ToolCallEvent.CallStarted started -> {
        calls.add(started);
        arguments.add(new StringBuilder());
      }
      case ToolCallEvent.ArgumentsDelta(int index, String fragment) ->
          arguments.get(index).append(fragment);
      case ToolCallEvent.CallEnded _ -> {}
      case ToolCallEvent.Text stray -> throw new IllegalArgumentException(stray + " is no call");
    }
  }

  void promptTokens(List<TokenText> scored) {
    promptTokens = scored;
  }

  void tokens(List<TokenText> drawn) {
    if (tokens.isEmpty()) {
      tokensOffset = text.length();
    }
    tokens.addAll(drawn);
  }

  void ended(FinishReason why) {
    reason = why;
  }

  /** The mean of its tokens' log probabilities; 0 if it has none. */
  double meanLogProbability() {
    return tokens.stream().mapToDouble(TokenText::logProbability).average().orElse(0);
  }

  /**
   * The finished choice.
   *
   * @param withLogprobs whether the caller asked for them
   */
  AnswerFormat.Choice finished(AnswerFormat format, boolean withLogprobs) {
    List<AnswerFormat.Call> finished = new ArrayList<>();
    for (int i = 0; i < calls.size(); i++) {
      finished.add(
          new AnswerFormat.Call(
              calls.get(i).id(), calls.get(i).name(), arguments.get(i).toString()));
    }
    return new AnswerFormat.Choice(
        text.toString(),
        reasoning.toString(),
        finished,
        withLogprobs ? format.logprobs(promptTokens, tokens, tokensOffset) : "null",
        reason);
  }
}
