package io.slinfer.testing;

import io.slinfer.model.chat.ChatTemplate;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;

/** Joins the contents of all messages; the prompt of one message is that message. */
public final class JoiningTemplate implements ChatTemplate {

  /** Says that its model calls tools as Hermes does, and thinks between marks. */
  public static final String SOURCE = "{# tools, <tool_call>, <think></think> #}";

  @Override
  public String render(Map<String, Object> variables, LocalDateTime now) {
    StringBuilder text = new StringBuilder();
    for (Object message : (List<?>) variables.get("messages")) {
      text.append(((Map<?, ?>) message).get("content"));
    }
    return text.toString();
  }
}
