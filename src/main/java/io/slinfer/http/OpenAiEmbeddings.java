package io.slinfer.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.slinfer.gateway.Prompt;
import io.slinfer.request.ModelId;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.List;

/** POST /v1/embeddings. */
final class OpenAiEmbeddings implements EmbeddingDialect {

  private static final int MAX_INPUTS = 2_048;
  private static final int MAX_DIMENSIONS = 1 << 20;
  private static final List<String> ENCODINGS = List.of("float", "base64");

  @Override
  public Call read(JsonNode body) {
    Fields fields = new Fields(body, "");
    ModelId model = new ModelId(fields.requiredText("model"));
    List<Prompt> prompts = TextRequests.prompts(fields, "input");
    if (prompts.size() > MAX_INPUTS) {
      throw new BadRequest("`input` has more than " + MAX_INPUTS + " inputs.", "input");
    }
    fields.word("encoding_format", ENCODINGS);
    return new Call(
        model,
        prompts,
        fields.integer("dimensions", 0, 1, MAX_DIMENSIONS),
        CallFields.user(fields));
  }

  @Override
  public String write(JsonNode body, Result result) {
    boolean base64 = body.path("encoding_format").asText().equals("base64");
    StringBuilder json = new StringBuilder("{\"object\":\"list\",\"model\":");
    AnswerFormat.appendQuoted(json, body.path("model").asText());
    json.append(",\"data\":[");
    for (int i = 0; i < result.embeddings().size(); i++) {
      json.append(i == 0 ? "" : ",").append("{\"object\":\"embedding\",\"index\":").append(i);
      json.append(",\"embedding\":");
      if (base64) {
        json.append('"').append(base64(result.embeddings().get(i))).append('"');
      } else {
        appendNumbers(json, result.embeddings().get(i));
      }
      json.append('}');
    }
    return json.append("],\"usage\":{\"prompt_tokens\":")
        .append(result.promptTokens())
        .append(",\"total_tokens\":")
        .append(result.promptTokens())
        .append("}}")
        .toString();
  }

  @Override
  public String error(ErrorAnswer error) {
    return error.json();
  }

  private static void appendNumbers(StringBuilder json, float[] numbers) {
    for (int i = 0; i < numbers.length; i++) {
      json.append(i == 0 ? '[' : ',').append(numbers[i]);
    }
    json.append(']');
  }

  /** Little-endian float32. */
  private static String base64(float[] numbers) {
    ByteBuffer bytes =
        ByteBuffer.allocate(numbers.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(numbers);
    return Base64.getEncoder().encodeToString(bytes.array());
  }
}
