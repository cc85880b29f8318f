package io.slinfer.http;

import io.slinfer.gateway.Prompt;
import io.slinfer.request.ModelId;
import io.slinfer.request.Sampling;
import java.util.List;

/**
 * What one HTTP request asks for: {@code n} answers to each prompt, as choices 0, 1, ... in prompt
 * order.
 *
 * @param limits output limits and sampling, the same for every choice
 * @param user who asks, by the request's own word; may be empty
 * @param stream answer by server-sent events
 * @param includeUsage a stream ends with what it used
 */
public record GenerationCall(
    ModelId model,
    List<Prompt> prompts,
    int n,
    Limits limits,
    String user,
    int priority,
    boolean stream,
    boolean includeUsage) {

  /** Choices in all. */
  int choices() {
    return prompts.size() * n;
  }

  /**
   * How an answer is drawn and where it ends.
   *
   * @param maxOutputTokens 0 means as many as the context has room for
   */
  public record Limits(
      int maxOutputTokens, Sampling sampling, List<String> stop, boolean ignoreEos) {

    /** The sampling of one choice: the first has the seed itself, each other one its own. */
    Sampling samplingOf(int choice) {
      long seed = sampling.seed() + choice * 0x9E3779B97F4A7C15L;
      return new Sampling(
          sampling.temperature(), sampling.topK(), sampling.topP(), sampling.minP(), seed);
    }
  }
}
