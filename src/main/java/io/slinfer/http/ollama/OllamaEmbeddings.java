package io.slinfer.http.ollama;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.slinfer.gateway.Prompt;
import io.slinfer.http.EmbeddingDialect;
import io.slinfer.http.ErrorAnswer;
import io.slinfer.http.Fields;
import java.util.ArrayList;
import java.util.List;

/** POST /api/embed, and /api/embeddings with one prompt. */
final class OllamaEmbeddings implements EmbeddingDialect {

  private static final int MAX_INPUTS = 2_048;
  private static final String KINDS = "a text or a list of up to " + MAX_INPUTS + " texts";

  private final ModelNames names;
  private final boolean many;

  /**
   * @param many texts in {@code input}, else one in {@code prompt}
   */
  OllamaEmbeddings(ModelNames names, boolean many) {
    this.names = names;
    this.many = many;
  }

  @Override
  public Call read(JsonNode body) {
    Fields fields = new Fields(body, "");
    KeepAlive.check(fields);
    List<Prompt> prompts =
        many ? inputs(fields) : List.of(new Prompt.Text(fields.requiredText("prompt")));
    int dimensions = fields.integer("dimensions", 0, 1, 1 << 20);
    return new Call(names.of(fields.requiredText("model")), prompts, dimensions, "");
  }

  /** One prompt a text; none for the empty text. */
  private static List<Prompt> inputs(Fields fields) {
    JsonNode input = fields.required("input", KINDS);
    boolean truncate = fields.flag("truncate", true);
    if (input.isTextual()) {
      String text = input.textValue();
      return text.isEmpty() ? List.of() : List.of(prompt(text, truncate));
    }
    if (!input.isArray() || input.size() > MAX_INPUTS) {
      throw fields.bad("input", KINDS);
    }
    List<Prompt> prompts = new ArrayList<>();
    for (JsonNode text : input) {
      if (!text.isTextual()) {
        throw fields.bad("input", KINDS);
      }
      prompts.add(prompt(text.textValue(), truncate));
    }
    return prompts;
  }

  private static Prompt prompt(String text, boolean truncate) {
    return truncate ? new Prompt.Beginning(text) : new Prompt.Text(text);
  }

  @Override
  public String write(JsonNode body, Result result) {
    ObjectNode answer = JsonNodeFactory.instance.objectNode();
    if (!many) {
      append(answer.putArray("embedding"), result.embeddings().getFirst());
      return answer.toString();
    }
    answer.put("model", body.path("model").asText());
    ArrayNode all = answer.putArray("embeddings");
    result.embeddings().forEach(embedding -> append(all.addArray(), embedding));
    answer.put("total_duration", result.durationNanos()).put("load_duration", 0);
    return answer.put("prompt_eval_count", result.promptTokens()).toString();
  }

  @Override
  public String error(ErrorAnswer error) {
    return OllamaSurface.error(error);
  }

  private static void append(ArrayNode array, float[] numbers) {
    for (float number : numbers) {
      array.add(number);
    }
  }
}
