package io.slinfer.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.slinfer.gateway.Prompt;
import io.slinfer.request.ModelId;
import java.util.ArrayList;
import java.util.List;

/** Reads the body of POST /v1/completions. */
public final class TextRequests {

  /** What the field's absence means, by the OpenAI description. */
  private static final int DEFAULT_MAX_TOKENS = 16;

  private static final int MAX_CHOICES = 1_024;
  private static final String PROMPT_KINDS =
      "a string, a list of strings, a list of token ids, or a list of such lists, none empty";

  private TextRequests() {}

  public static GenerationCall read(JsonNode body) {
    Fields fields = new Fields(body, "");
    String model = fields.requiredText("model");
    List<Prompt> prompts = prompts(fields);
    int n = fields.integer("n", 1, 1, 128);
    if ((long) prompts.size() * n > MAX_CHOICES) {
      throw new BadRequest(
          "`prompt` x `n` asks for more than " + MAX_CHOICES + " choices.", "prompt");
    }
    fields.unsupported("suffix", "");
    fields.unsupported("echo", "false");
    fields.unsupported("logprobs", null);
    fields.unsupported("best_of", Integer.toString(n));
    boolean stream = fields.flag("stream", false);
    return new GenerationCall(
        new ModelId(model),
        prompts,
        n,
        CallFields.limits(
            fields, fields.integer("max_tokens", DEFAULT_MAX_TOKENS, 1, Integer.MAX_VALUE)),
        CallFields.user(fields),
        fields.integer("priority", 0, Integer.MIN_VALUE, Integer.MAX_VALUE),
        stream,
        CallFields.includeUsage(fields, stream));
  }

  private static List<Prompt> prompts(Fields fields) {
    JsonNode value = fields.get("prompt");
    if (value == null) {
      throw new BadRequest("`prompt` is missing; it must be " + PROMPT_KINDS + ".", "prompt");
    }
    if (value.isTextual()) {
      return List.of(new Prompt.Text(value.textValue()));
    }
    if (!value.isArray() || value.isEmpty()) {
      throw fields.bad("prompt", PROMPT_KINDS);
    }
    if (value.get(0).isNumber()) {
      return List.of(tokens(fields, value));
    }
    List<Prompt> prompts = new ArrayList<>(value.size());
    for (JsonNode element : value) {
      prompts.add(
          element.isTextual() ? new Prompt.Text(element.textValue()) : tokens(fields, element));
    }
    return prompts;
  }

  private static Prompt tokens(Fields fields, JsonNode value) {
    if (!value.isArray() || value.isEmpty()) {
      throw fields.bad("prompt", PROMPT_KINDS);
    }
    int[] ids = new int[value.size()];
    for (int i = 0; i < ids.length; i++) {
      JsonNode id = value.get(i);
      if (!id.isIntegralNumber() || !id.canConvertToInt()) {
        throw fields.bad("prompt", PROMPT_KINDS);
      }
      ids[i] = id.intValue();
    }
    return new Prompt.Tokens(ids);
  }
}
