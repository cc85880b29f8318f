package io.slinfer.gateway;

/**
 * How an answer is told to its listener.
 *
 * @param echo its text begins with the prompt
 * @param tokens each token is told with its probability
 * @param reasoning reasoning is told apart from the answer where the model marks it
 * @param calls calls of tools are told apart from text
 * @param parallel more than one call may come; else the first one ends the answer
 * @param promptOnly nothing but the prompt is wanted: the token that reading it yields is not told
 */
public record AnswerReading(
    boolean echo,
    boolean tokens,
    boolean reasoning,
    boolean calls,
    boolean parallel,
    boolean promptOnly) {

  /** The text as it comes. */
  public static final AnswerReading PLAIN =
      new AnswerReading(false, false, false, false, true, false);
}
