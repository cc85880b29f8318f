package io.slinfer.http;

import io.slinfer.gateway.GenerationListener.Usage;
import io.slinfer.request.FinishReason;
import java.util.List;

/** chat.completion and chat.completion.chunk objects. */
final class ChatFormat implements AnswerFormat {

  private final Envelope envelope;
  private final String chunkHead;
  private final String chunkTail;

  ChatFormat(Envelope envelope) {
    this.envelope = envelope;
    this.chunkHead = envelope.head("chat.completion.chunk");
    this.chunkTail = envelope.chunkTail();
  }

  @Override
  public String opening(int choice) {
    return chunk(choice, "{\"role\":\"assistant\",\"content\":\"\"}", "null");
  }

  @Override
  public String text(int choice, String text) {
    StringBuilder json = new StringBuilder(chunkHead.length() + text.length() + 112);
    json.append(chunkHead).append("{\"index\":").append(choice).append(",\"delta\":{\"content\":");
    AnswerFormat.appendQuoted(json, text);
    return json.append("},\"logprobs\":null,\"finish_reason\":null}").append(chunkTail).toString();
  }

  @Override
  public String end(int choice, FinishReason reason) {
    return chunk(choice, "{}", "\"" + AnswerFormat.word(reason) + "\"");
  }

  @Override
  public String usage(Usage usage) {
    return chunkHead + "],\"usage\":" + AnswerFormat.json(usage) + "}";
  }

  @Override
  public String whole(List<Choice> choices, Usage usage) {
    StringBuilder json = new StringBuilder(envelope.head("chat.completion"));
    for (int i = 0; i < choices.size(); i++) {
      json.append(i == 0 ? "" : ",")
          .append("{\"index\":")
          .append(i)
          .append(",\"message\":{\"role\":\"assistant\",\"content\":");
      AnswerFormat.appendQuoted(json, choices.get(i).text());
      json.append(",\"refusal\":null},\"logprobs\":null,\"finish_reason\":\"")
          .append(AnswerFormat.word(choices.get(i).reason()))
          .append("\"}");
    }
    return json.append("],\"usage\":").append(AnswerFormat.json(usage)).append('}').toString();
  }

  private String chunk(int choice, String delta, String reason) {
    return chunkHead
        + "{\"index\":"
        + choice
        + ",\"delta\":"
        + delta
        + ",\"logprobs\":null,\"finish_reason\":"
        + reason
        + "}"
        + chunkTail;
  }
}
