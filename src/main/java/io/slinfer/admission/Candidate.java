package io.slinfer.admission;

import io.slinfer.request.ModelId;

/**
 * A request as admission sees it.
 *
 * @param tokens prompt and generated tokens: what must be prefilled
 * @param deadlineNanos when its next token is due
 * @param tokenNanos the time per token that it was promised
 */
public record Candidate(ModelId model, int tokens, long deadlineNanos, long tokenNanos) {}
