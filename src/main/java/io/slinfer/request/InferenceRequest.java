package io.slinfer.request;

import java.util.Objects;

/**
 * One generation asked for by a caller, tokenised and with its promise; immutable.
 *
 * @param promptTokens token ids, at least one; not copied, never changed
 * @param maxOutputTokens how many tokens may be generated, at least 1
 * @param ignoreEos go on past end-of-sequence tokens until {@code maxOutputTokens}
 * @param arrivalNanos when the request arrived, on the clock of the node that took it
 * @param caller who asked (API key or {@code user}), for fair share; never null, may be empty
 * @param priority higher goes first among requests that wait; 0 is ordinary
 */
public record InferenceRequest(
    RequestId id,
    ModelId model,
    int[] promptTokens,
    int maxOutputTokens,
    Sampling sampling,
    boolean ignoreEos,
    Slo slo,
    long arrivalNanos,
    String caller,
    int priority) {

  public InferenceRequest {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(model, "model");
    Objects.requireNonNull(sampling, "sampling");
    Objects.requireNonNull(slo, "slo");
    Objects.requireNonNull(caller, "caller");
    if (promptTokens.length == 0) {
      throw new IllegalArgumentException("the prompt has no tokens");
    }
    if (maxOutputTokens < 1) {
      throw new IllegalArgumentException(
          "max_tokens is " + maxOutputTokens + "; allowed: 1 or more");
    }
  }

  /** The same under another id. */
  public InferenceRequest withId(RequestId other) {
    return new InferenceRequest(
        other,
        model,
        promptTokens,
        maxOutputTokens,
        sampling,
        ignoreEos,
        slo,
        arrivalNanos,
        caller,
        priority);
  }

  /** The same, drawn otherwise. */
  public InferenceRequest withSampling(Sampling other) {
    return new InferenceRequest(
        id,
        model,
        promptTokens,
        maxOutputTokens,
        other,
        ignoreEos,
        slo,
        arrivalNanos,
        caller,
        priority);
  }

  /** When token {@code index} (0 is the first) is due: arrival + TTFT + index x TPOT. */
  public long deadlineNanos(int index) {
    return arrivalNanos + slo.timeToFirstTokenNanos() + index * slo.timePerOutputTokenNanos();
  }
}
