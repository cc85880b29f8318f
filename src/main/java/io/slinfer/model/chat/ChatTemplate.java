package io.slinfer.model.chat;

import java.time.LocalDateTime;
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
   *     eos_token and the caller's own; values are null, Boolean, numbers, String, List and Map
   *     (String keys, in order). {@link ChatPrompt#variables} makes them.
   * @param now what {@code strftime_now} tells, local time
   * @throws ChatTemplateException when the template raises an error, cannot be rendered, or exceeds
   *     the bounds on steps, text and depth
   */
  String render(Map<String, Object> variables, LocalDateTime now);

  /** Renders the prompt at the machine's local time. */
  default String render(Map<String, Object> variables) {
    return render(variables, LocalDateTime.now());
  }
}
