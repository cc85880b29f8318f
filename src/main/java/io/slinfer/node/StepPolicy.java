package io.slinfer.node;

import io.slinfer.request.InstanceId;
import java.util.List;

/**
 * Decides which instance of a device steps next, and how much prompt the step may take in. Pure: a
 * decision depends on its arguments only.
 */
@FunctionalInterface
public interface StepPolicy {

  /**
   * The next step.
   *
   * @param ready the instances that could step now; never empty
   */
  Choice choose(List<Load> ready, long nowNanos);

  /**
   * An instance's work.
   *
   * @param deadlineNanos the earliest next-token deadline of its requests
   * @param decoding requests whose next step draws a token from one token
   * @param pendingPromptTokens tokens that must be computed before the other requests' next token
   */
  record Load(InstanceId instance, long deadlineNanos, int decoding, int pendingPromptTokens) {}

  /**
   * One step.
   *
   * @param prefillTokens prompt tokens in it, at most
   */
  record Choice(InstanceId instance, int prefillTokens) {}
}
