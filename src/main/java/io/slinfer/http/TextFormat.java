package io.slinfer.http;

import io.slinfer.gateway.GenerationListener.Usage;
import io.slinfer.request.FinishReason;
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
  public String text(int choice, String text) {
    StringBuilder json = new StringBuilder(head.length() + text.length() + 96).append(head);
    append(json, choice, text, "null");
    return json.append(chunkTail).toString();
  }

  @Override
  public String end(int choice, FinishReason reason) {
    StringBuilder json = new StringBuilder(head.length() + 96).append(head);
    append(json, choice, "", "\"" + AnswerFormat.word(reason) + "\"");
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
      append(json, i, choice.text(), "\"" + AnswerFormat.word(choice.reason()) + "\"");
    }
    return json.append("],\"usage\":").append(AnswerFormat.json(usage)).append('}').toString();
  }

  private static void append(StringBuilder json, int choice, String text, String reason) {
    json.append("{\"index\":").append(choice).append(",\"text\":");
    AnswerFormat.appendQuoted(json, text);
    json.append(",\"logprobs\":null,\"finish_reason\":").append(reason).append('}');
  }
}
