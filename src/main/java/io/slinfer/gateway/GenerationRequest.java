package io.slinfer.gateway;

import io.slinfer.request.ModelId;
import io.slinfer.request.RequestId;
import io.slinfer.request.Sampling;
import java.util.List;

/**
 * One generation that a caller asks for, not yet tokenised; every endpoint's requests become this.
 *
 * @param maxOutputTokens 0 means as many as the context has room for, which is the limit anyway
 * @param stop texts that end the generation and are not part of it
 * @param ignoreEos go on past tokens that end a generation
 * @param arrivalNanos on System.nanoTime's clock
 * @param form what the answer must be
 * @param reading how the answer is told
 */
public record GenerationRequest(
    RequestId id,
    ModelId model,
    Prompt prompt,
    int maxOutputTokens,
    Sampling sampling,
    List<String> stop,
    boolean ignoreEos,
    CallTerms terms,
    long arrivalNanos,
    AnswerForm form,
    AnswerReading reading) {

  public GenerationRequest {
    stop = List.copyOf(stop);
  }
}
