package io.slinfer.gateway.remote;

import io.slinfer.gateway.RuleSource;
import io.slinfer.request.InferenceRequest;

/** What a gateway says to the node that owns devices. */
sealed interface ToOwner {

  /** The address of the gateway. */
  String gateway();

  /**
   * Serve a request.
   *
   * @param number which of the gateway's requests; its events carry it
   * @param request without the rule; on the clock of the reader
   * @param rule what its rule is made from; null if it has none
   */
  record Ask(String gateway, long number, InferenceRequest request, RuleSource rule, Terms terms)
      implements ToOwner {}

  /**
   * What a request is served by.
   *
   * @param fingerprint of the model's file
   * @param endTokens not copied, never changed
   * @param strict its latency was asked for
   * @param waits it waits for a place
   */
  record Terms(String fingerprint, int[] endTokens, boolean strict, boolean waits) {}

  /**
   * Forget a request.
   *
   * @param closedNanos when the caller went away, on the clock of the reader
   */
  record Drop(String gateway, long number, long closedNanos) implements ToOwner {}

  /**
   * These are the gateway's requests here; what it does not name is dropped.
   *
   * @param numbers in rising order
   */
  record Holding(String gateway, long[] numbers) implements ToOwner {}
}
