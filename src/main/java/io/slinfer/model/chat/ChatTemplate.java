package io.slinfer.model.chat;

import java.util.Map;

/**
 * A model's chat template, compiled: turns a conversation into the text of a prompt. Immutable;
 * safe for any thread.
 */
public interface ChatTemplate {

  /**
   * Renders the prompt.
   *
   * @param variables what the template sees: messages, tools, add_generation_prompt, bos_token,
   *     eos_token and the caller's own; values are null, Boolean, Long, Double, String, List and
   *     Map (keys in order)
   * @throws ChatTemplateException when the template raises an error or cannot be rendered
   */
  String render(Map<String, Object> variables);
}
