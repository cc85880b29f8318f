package io.slinfer.scheduler;

import io.slinfer.request.RequestLife;
import java.util.ArrayList;
import java.util.List;

/**
 * What one step of an instance does; reused from step to step. A prefill step computes whole
 * prompts; a decode step makes one token for each request.
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

  /** Starts a new description. */
  public void clear(Kind newKind) {
    requests.clear();
    kind = newKind;
    tokens = 0;
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
}
