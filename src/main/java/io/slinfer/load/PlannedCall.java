package io.slinfer.load;

/**
 * One request of a load plan.
 *
 * @param atNanos when it is sent, from the start of the run
 * @param promptTokens length of its prompt
 * @param outputTokens how many tokens it asks for (with {@code ignore_eos})
 * @param disconnectAfterTokens the client hangs up after this many tokens; {@link #NEVER} if it
 *     stays
 */
public record PlannedCall(
    String model, long atNanos, int promptTokens, int outputTokens, int disconnectAfterTokens) {

  /** The client waits for the whole answer. */
  public static final int NEVER = Integer.MAX_VALUE;

  /** Whether the client means to hang up before the end. */
  public boolean disconnects() {
    return disconnectAfterTokens < outputTokens;
  }
}
