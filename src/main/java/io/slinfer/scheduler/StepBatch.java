package io.slinfer.scheduler;

import io.slinfer.request.RequestLife;
import java.util.ArrayList;
import java.util.List;

/**
 * What one step of an instance does; reused from step to step. A prefill step computes whole
 * prompts, or one chunk of one prompt; a decode step makes one token for each request.
 *
 * <p>Confined to the device's owner; unchanged while the step runs.
 */
public final class StepBatch {

  /** What a step computes. */
  public enum Kind {
    PREFILL,
    DECODE
  }

  private final List<RequestLife> requests = new ArrayList<>();
  private Kind kind = Kind.DECODE;
  private int tokens;
  private int chunkStart;
  private boolean partial;

  /** Starts a new description. */
  public void clear(Kind newKind) {
    requests.clear();
    kind = newKind;
    tokens = 0;
    chunkStart = 0;
    partial = false;
  }

  /**
   * Adds a request.
   *
   * @param requestTokens prefill: the tokens to compute; decode: its length
   */
  public void add(RequestLife request, int requestTokens) {
    requests.add(request);
    tokens += requestTokens;
  }

  /**
   * Says that the one request's chunk starts at {@code start}.
   *
   * @param endsPrompt whether the chunk reaches the end, and so yields a token
   */
  public void chunk(int start, boolean endsPrompt) {
    chunkStart = start;
    partial = !endsPrompt;
  }

  public Kind kind() {
    return kind;
  }

  /** The requests in the order of their outputs. */
  public List<RequestLife> requests() {
    return requests;
  }

  /** Prefill: tokens to compute; decode: sum of the lengths. */
  public int tokens() {
    return tokens;
  }

  /** Where the chunk starts; 0 for whole prompts. */
  public int chunkStart() {
    return chunkStart;
  }

  /** Whether no token comes out: the chunk ends before its prompt does. */
  public boolean isPartial() {
    return partial;
  }
}
