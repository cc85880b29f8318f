package io.slinfer.gateway;

import java.util.List;
import java.util.Map;

/** What a model is asked to continue. */
public sealed interface Prompt {

  /**
   * A conversation, for the model's chat template.
   *
   * @param messages as the template sees them: maps with role and content, in order
   * @param tools as the template sees them, in the shape of the OpenAI API; empty if none
   * @param variables further variables of the template; they override
   */
  record Chat(List<Map<String, Object>> messages, List<Object> tools, Map<String, Object> variables)
      implements Prompt {}

  /** A text; special tokens written out in it count as such. */
  record Text(String text) implements Prompt {}

  /** As {@link Text}, of which as much is read as the context has room for. */
  record Beginning(String text) implements Prompt {}

  /** A gap to be filled between two texts, with the model's own tokens for that. */
  record Infill(String before, String after) implements Prompt {}

  /** Token ids, taken as they are. */
  record Tokens(int[] ids) implements Prompt {}
}
