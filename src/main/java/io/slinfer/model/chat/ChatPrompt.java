package io.slinfer.model.chat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A conversation to be turned into a prompt, in the shape of the OpenAI API.
 *
 * @param messages each a map with role, content and what else the caller sent
 * @param tools the tools offered, or null
 * @param documents the documents offered, or null
 * @param addGenerationPrompt whether the text ends where the assistant's answer begins
 * @param kwargs further variables for the template; they win over the others
 */
public record ChatPrompt(
    List<?> messages,
    List<?> tools,
    List<?> documents,
    boolean addGenerationPrompt,
    Map<String, ?> kwargs) {

  /** A conversation to be answered, without tools, documents or variables of its own. */
  public static ChatPrompt of(List<?> messages) {
    return new ChatPrompt(messages, null, null, true, Map.of());
  }

  /**
   * What the template sees. The names messages, tools, documents, add_generation_prompt, bos_token
   * and eos_token are always there.
   *
   * @param bosToken the written form of the token that starts a sequence, or null
   * @param eosToken the written form of the token that ends one, or null
   */
  public Map<String, Object> variables(String bosToken, String eosToken) {
    Map<String, Object> variables = new LinkedHashMap<>();
    variables.put("messages", messages);
    variables.put("tools", tools);
    variables.put("documents", documents);
    variables.put("add_generation_prompt", addGenerationPrompt);
    variables.put("bos_token", bosToken);
    variables.put("eos_token", eosToken);
    variables.putAll(kwargs);
    return variables;
  }
}
