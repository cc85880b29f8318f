package io.slinfer.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.slinfer.gateway.Prompt;
import io.slinfer.request.ModelId;
import java.util.List;

/** An API's way to ask for embeddings. Stateless; safe for any thread. */
public interface EmbeddingDialect {

  /**
   * What a request asks for.
   *
   * @throws BadRequest naming the field as this API knows it
   */
  Call read(JsonNode body);

  /** The answer's body. */
  String write(JsonNode body, Result result);

  /** The body of an error. */
  String error(ErrorAnswer error);

  /**
   * What is asked for.
   *
   * @param dimensions how many numbers of each embedding are kept; 0 means all
   * @param user who asks, by the request's own word; may be empty
   */
  record Call(ModelId model, List<Prompt> prompts, int dimensions, String user) {}

  /**
   * What came of it.
   *
   * @param embeddings one for each prompt, in order, of length 1
   * @param durationNanos from the request's arrival
   */
  record Result(List<float[]> embeddings, int promptTokens, long durationNanos) {}
}
