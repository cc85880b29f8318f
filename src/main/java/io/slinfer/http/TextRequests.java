package io.slinfer.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.slinfer.gateway.AnswerReading;
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
    List<Prompt> prompts = infills(fields, prompts(fields, "prompt"));
    int n = fields.integer("n", 1, 1, 128);
    int bestOf = fields.integer("best_of", n, n, 128);
    if ((long) prompts.size() * bestOf > MAX_CHOICES) {
      throw new BadRequest(
          "`prompt` x `n` asks for more than " + MAX_CHOICES + " choices.", "prompt");
    }
    boolean logprobs = fields.get("logprobs") != null;
    boolean echo = fields.flag("echo", false);
    boolean scored = echo && logprobs;
    if (scored && prompts.getFirst() instanceof Prompt.Infill) {
      throw new BadRequest(
          "`suffix` cannot be used where `echo` and `logprobs` ask for the prompt's"
              + " probabilities.",
          "suffix");
    }
    int maxTokens = fields.integer("max_tokens", DEFAULT_MAX_TOKENS, 0, Integer.MAX_VALUE);
    GenerationCall.Limits limits = limits(fields, Math.max(1, maxTokens));
    boolean stream = fields.flag("stream", false);
    return new GenerationCall(
        new ModelId(model),
        prompts,
        n,
        scored ? limits.scoringPrompt() : limits,
        CallFields.user(fields),
        fields.integer("priority", 0, Integer.MIN_VALUE, Integer.MAX_VALUE),
        stream,
        CallFields.includeUsage(fields, stream),
        new GenerationCall.Answer(
            AnswerForms.read(fields),
            new AnswerReading(echo, logprobs || bestOf > n, false, false, true, maxTokens == 0),
            bestOf(bestOf, n, stream),
            logprobs));
  }

  private static GenerationCall.Limits limits(Fields fields, int maxOutputTokens) {
    return CallFields.limits(
        fields, maxOutputTokens, fields.integer("logprobs", 0, 0, CallFields.MAX_LIKELIEST));
  }

  private static int bestOf(int bestOf, int n, boolean stream) {
    if (stream && bestOf > n) {
      throw new BadRequest(
          "`best_of` is " + bestOf + "; allowed in a stream: the same as `n`.", "best_of");
    }
    return bestOf;
  }

  /** With a suffix, texts are gaps to be filled. */
  private static List<Prompt> infills(Fields fields, List<Prompt> prompts) {
    String suffix = fields.text("suffix");
    if (suffix == null || suffix.isEmpty()) {
      return prompts;
    }
    List<Prompt> infills = new ArrayList<>(prompts.size());
    for (Prompt prompt : prompts) {
      if (!(prompt instanceof Prompt.Text(String before))) {
        throw fields.bad("suffix", "none where `prompt` is token ids");
      }
      infills.add(new Prompt.Infill(before, suffix));
    }
    return infills;
  }

  /** Texts and token ids, one or many, under a field. */
  static List<Prompt> prompts(Fields fields, String field) {
    JsonNode value = fields.get(field);
    if (value == null) {
      throw new BadRequest("`" + field + "` is missing; it must be " + PROMPT_KINDS + ".", field);
    }
    if (value.isTextual()) {
      return List.of(new Prompt.Text(value.textValue()));
    }
    if (!value.isArray() || value.isEmpty()) {
      throw fields.bad(field, PROMPT_KINDS);
    }
    if (value.get(0).isNumber()) {
      return List.of(tokens(fields, field, value));
    }
    List<Prompt> prompts = new ArrayList<>(value.size());
    for (JsonNode element : value) {
      prompts.add(
          element.isTextual()
              ? new Prompt.Text(element.textValue())
              : tokens(fields, field, element));
    }
    return prompts;
  }

  private static Prompt tokens(Fields fields, String field, JsonNode value) {
    if (!value.isArray() || value.isEmpty()) {
      throw fields.bad(field, PROMPT_KINDS);
    }
    int[] ids = new int[value.size()];
    for (int i = 0; i < ids.length; i++) {
      JsonNode id = value.get(i);
      if (!id.isIntegralNumber() || !id.canConvertToInt()) {
        throw fields.bad(field, PROMPT_KINDS);
      }
      ids[i] = id.intValue();
    }
    return new Prompt.Tokens(ids);
  }
}
