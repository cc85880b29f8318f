package io.slinfer.http;

import io.slinfer.gateway.GenerationListener.Usage;
import io.slinfer.gateway.TokenText;
import io.slinfer.request.FinishReason;
import io.slinfer.toolcall.ToolCallEvent;
import java.util.List;

/** text_completion objects, which are the same in a stream and whole. */
final class TextFormat implements AnswerFormat {

  private final String head;
  private final String chunkTail;

  TextFormat(Envelope envelope) {
    this.head = envelope.head("text_completion");
    this.chunkTail = envelope.chunkTail();
  }

  @Override
  public String opening(int choice) {
    return null;
  }

  @Override
  public String text(int choice, String text, String logprobs) {
    StringBuilder json =
        new StringBuilder(head.length() + text.length() + logprobs.length() + 96).append(head);
    append(json, choice, text, logprobs, "null");
    return json.append(chunkTail).toString();
  }

  @Override
  public String reasoning(int choice, String text, String logprobs) {
    throw new IllegalStateException("text completions do not tell reasoning apart");
  }

  @Override
  public String call(int choice, ToolCallEvent part) {
    throw new IllegalStateException("text completions have no tools");
  }

  @Override
  public String logprobs(List<TokenText> prompt, List<TokenText> tokens, int textOffset) {
    return prompt.isEmpty() && tokens.isEmpty()
        ? "null"
        : new TextLogprobs().add(prompt, 0).add(tokens, textOffset).json();
  }

  @Override
  public String end(int choice, FinishReason reason) {
    StringBuilder json = new StringBuilder(head.length() + 96).append(head);
    append(json, choice, "", "null", "\"" + AnswerFormat.word(reason) + "\"");
    return json.append(chunkTail).toString();
  }

  @Override
  public String usage(Usage usage) {
    return head + "],\"usage\":" + AnswerFormat.json(usage) + "}";
  }

  @Override
  public String whole(List<Choice> choices, Usage usage) {
    StringBuilder json = new StringBuilder(head);
    for (int i = 0; i < choices.size(); i++) {
      json.append(i == 0 ? "" : ",");
      Choice choice = choices.get(i);
      String reason = "\"" + AnswerFormat.word(choice.reason()) + "\"";
      append(json, i, choice.text(), choice.logprobs(), reason);
    }
    return json.append("],\"usage\":").append(AnswerFormat.json(usage)).append('}').toString();
  }

  private static void append(
      StringBuilder json, int choice, String text, String logprobs, String reason) {
    json.append("{\"index\":").append(choice).append(",\"text\":");
    AnswerFormat.appendQuoted(json, text);
    json.append(",\"logprobs\":").append(logprobs);
    json.append(",\"finish_reason\":").append(reason).append('}');
  }
}
