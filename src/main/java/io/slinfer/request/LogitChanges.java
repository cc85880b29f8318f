package io.slinfer.request;

import java.util.Map;

/**
 * What is done to a request's logits before temperature and filters, in this order.
 *
 * @param repetition divides positive and multiplies negative logits of every token that the prompt
 *     or the answer has; 1 means no change
 * @param presence is taken once from the logit of every token that the answer has
 * @param frequency is taken from a token's logit as often as the answer has it
 * @param bias is added to the logits of these tokens; ids outside the vocabulary have no effect
 */
public record LogitChanges(
    double repetition, double presence, double frequency, Map<Integer, Double> bias) {

  /** Logits as they are. */
  public static final LogitChanges NONE = new LogitChanges(1, 0, 0, Map.of());

  public LogitChanges {
    bias = Map.copyOf(bias);
    Sampling.require(
        repetition > 0 && repetition <= 10, "repetition_penalty", repetition, "above 0, up to 10");
    Sampling.require(Math.abs(presence) <= 2, "presence_penalty", presence, "-2 to 2");
    Sampling.require(Math.abs(frequency) <= 2, "frequency_penalty", frequency, "-2 to 2");
  }

  /** Whether any of them depends on the tokens so far. */
  public boolean penalizes() {
    return repetition != 1 || presence != 0 || frequency != 0;
  }

  /** Whether there is anything to change. */
  public boolean isNone() {
    return !penalizes() && bias.isEmpty();
  }
}
