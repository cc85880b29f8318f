package io.slinfer.http;

import io.slinfer.gateway.GenerationListener.Usage;
import io.slinfer.gateway.TokenText;
import io.slinfer.request.FinishReason;
import io.slinfer.toolcall.ToolCallEvent;
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
  public String text(int choice, String text, String logprobs) {
    return piece(choice, "content", text, logprobs);
  }

  @Override
  public String reasoning(int choice, String text, String logprobs) {
    return piece(choice, "reasoning_content", text, logprobs);
  }

  private String piece(int choice, String field, String text, String logprobs) {
    StringBuilder json =
        new StringBuilder(chunkHead.length() + text.length() + logprobs.length() + 128);
    json.append(chunkHead).append("{\"index\":").append(choice).append(",\"delta\":{\"");
    json.append(field).append("\":");
    AnswerFormat.appendQuoted(json, text);
    json.append("},\"logprobs\":").append(logprobs);
    return json.append(",\"finish_reason\":null}").append(chunkTail).toString();
  }

  @Override
  public String call(int choice, ToolCallEvent part) {
    return switch (part) {
      case ToolCallEvent.CallStarted(int index, String id, String name) ->
          chunk(
              choice,
              "{\"tool_calls\":[{\"index\":" + index + "," + call(new Call(id, name, "")) + "}]}",
              "null");
      case ToolCallEvent.ArgumentsDelta(int index, String fragment) ->
          chunk(
              choice,
              "{\"tool_calls\":[{\"index\":"
                  + index
                  + ",\"function\":{\"arguments\":"
                  + AnswerFormat.quoted(fragment)
                  + "}}]}",
              "null");
      case ToolCallEvent.CallEnded _ -> null;
      case ToolCallEvent.Text text -> throw new IllegalArgumentException(text + " is no call");
    };
  }

  @Override
  public String logprobs(List<TokenText> prompt, List<TokenText> tokens, int textOffset) {
    return tokens.isEmpty() ? "null" : Logprobs.chat(tokens);
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
      Choice choice = choices.get(i);
      json.append(i == 0 ? "" : ",").append("{\"index\":").append(i).append(",\"message\":");
      appendMessage(json, choice);
      json.append(",\"logprobs\":").append(choice.logprobs()).append(",\"finish_reason\":\"");
      json.append(AnswerFormat.word(choice.reason())).append("\"}");
    }
    return json.append("],\"usage\":").append(AnswerFormat.json(usage)).append('}').toString();
  }

  private static void appendMessage(StringBuilder json, Choice choice) {
    json.append("{\"role\":\"assistant\",\"content\":");
    if (choice.text().isEmpty() && !choice.calls().isEmpty()) {
      json.append("null");
    } else {
      AnswerFormat.appendQuoted(json, choice.text());
    }
    json.append(",\"refusal\":null");
    if (!choice.reasoning().isEmpty()) {
      json.append(",\"reasoning_content\":");
      AnswerFormat.appendQuoted(json, choice.reasoning());
    }
    if (!choice.calls().isEmpty()) {
      json.append(",\"tool_calls\":[");
      for (int i = 0; i < choice.calls().size(); i++) {
        json.append(i == 0 ? "{" : ",{").append(call(choice.calls().get(i))).append('}');
      }
      json.append(']');
    }
    json.append('}');
  }

  /** The members of a call but for its index. */
  private static String call(Call call) {
    return "\"id\":"
        + AnswerFormat.quoted(call.id())
        + ",\"type\":\"function\",\"function\":{\"name\":"
        + AnswerFormat.quoted(call.name())
        + ",\"arguments\":"
        + AnswerFormat.quoted(call.arguments())
        + "}";
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
