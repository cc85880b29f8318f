package io.slinfer.http;

import io.slinfer.gateway.AnswerForm;
import io.slinfer.gateway.AnswerReading;
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
 * @param answer what the answers must be and how they are told
 */
public record GenerationCall(
    ModelId model,
    List<Prompt> prompts,
    int n,
    Limits limits,
    String user,
    int priority,
    boolean stream,
    boolean includeUsage,
    Answer answer) {

  /** Choices that the caller gets. */
  int choices() {
    return prompts.size() * n;
  }

  /** Answers that are generated: the best of them are the choices. */
  int candidates() {
    return prompts.size() * answer.bestOf();
  }

  /**
   * What each answer must be, and how it is told.
   *
   * @param bestOf how many are generated to each prompt; n of them are chosen
   * @param logprobs whether the caller is told the tokens' probabilities
   */
  public record Answer(AnswerForm form, AnswerReading reading, int bestOf, boolean logprobs) {}

  /**
   * How an answer is drawn and where it ends.
   *
   * @param maxOutputTokens 0 means as many as the context has room for
   */
  public record Limits(
      int maxOutputTokens, Sampling sampling, List<String> stop, boolean ignoreEos) {

    /** The same, where the probabilities of the prompt's tokens are told too. */
    Limits scoringPrompt() {
      return new Limits(maxOutputTokens, sampling.scoringPrompt(), stop, ignoreEos);
    }

    /** The sampling of one choice: the first has the seed itself, each other one its own. */
    Sampling samplingOf(int choice) {
      return sampling.withSeed(sampling.seed() + choice * 0x9E3779B97F4A7C15L);
    }
  }
}
