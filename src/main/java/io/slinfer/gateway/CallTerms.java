package io.slinfer.gateway;

/**
 * The terms on which a caller asks.
 *
 * @param caller who asks, for fair share; may be empty
 * @param keyed whether the caller is known by an API key
 * @param priority higher goes first
 * @param slo the latency asked for
 */
public record CallTerms(String caller, boolean keyed, int priority, SloWish slo) {}
