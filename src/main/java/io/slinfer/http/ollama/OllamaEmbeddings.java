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
    List<Prompt> prompts = new ArrayList<>();
    JsonNode input = many ? fields.get("input") : null;
    if (input != null && input.isArray() && !input.isEmpty() && input.size() <= MAX_INPUTS) {
      for (JsonNode text : input) {
        if (!text.isTextual()) {
          throw fields.bad("input", "a text or a list of texts");
        }
        prompts.add(new Prompt.Text(text.textValue()));
      }
    } else if (input != null && !input.isTextual()) {
      throw fields.bad("input", "a text or a list of 1 to " + MAX_INPUTS + " texts");
    } else {
      prompts.add(new Prompt.Text(fields.requiredText(many ? "input" : "prompt")));
    }
    int dimensions = fields.integer("dimensions", 0, 1, 1 << 20);
    return new Call(names.of(fields.requiredText("model")), prompts, dimensions, "");
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
