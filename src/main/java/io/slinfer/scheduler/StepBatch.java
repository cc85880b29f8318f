package io.slinfer.scheduler;

import io.slinfer.cost.LatencyProfile;
import io.slinfer.request.RequestLife;
import io.slinfer.request.RequestState;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What one step of an instance does; reused from step to step. A step computes pieces of prompts,
 * one token for each of other requests, or both at once.
 *
 * <p>Confined to the device's owner; unchanged while the step runs.
 */
public final class StepBatch {

  /** What a step computes. */
  public enum Kind {
    PREFILL,
    DECODE,
    MIXED
  }

  private final List<RequestLife> requests = new ArrayList<>();
  private int[] chunks = new int[16];
  private int promptTokens;
  private int decoding;
  private long decodeLengths;

  /** Starts a new description. */
  public void clear() {
    requests.clear();
    promptTokens = 0;
    decoding = 0;
    decodeLengths = 0;
  }

  /**
   * Adds a piece of a prompt.
   *
   * @param chunkTokens how many tokens after those that are computed already
   */
  public void prompt(RequestLife request, int chunkTokens) {
    add(request, chunkTokens);
    promptTokens += chunkTokens;
  }

  /** Adds a request that gets its next token from one token. */
  public void decode(RequestLife request) {
    add(request, 1);
    decoding++;
    decodeLengths += request.totalTokens();
  }

  private void add(RequestLife request, int chunkTokens) {
    if (requests.size() == chunks.length) {
      chunks = Arrays.copyOf(chunks, 2 * chunks.length);
    }
    chunks[requests.size()] = chunkTokens;
    requests.add(request);
  }

  public boolean isEmpty() {
    return requests.isEmpty();
  }

  public Kind kind() {
    if (promptTokens == 0) {
      return Kind.DECODE;
    }
    return decoding == 0 ? Kind.PREFILL : Kind.MIXED;
  }

  /** The requests in the order of their outputs. */
  public List<RequestLife> requests() {
    return requests;
  }

  /** How many tokens of the request at {@code index} the step computes. */
  public int chunk(int index) {
    assert index < requests.size() : index + " of " + requests.size();
    return chunks[index];
  }

  /** Tokens of prompts to compute. */
  public int promptTokens() {
    return promptTokens;
  }

  /**
   * What the step takes by a profile, before it has begun; pieces of prompts cost what they add to
   * the part before them.
   */
  public long nanos(LatencyProfile latency) {
    long decodeNanos =
        decoding == 0 ? 0 : latency.decodeNanos((double) decodeLengths / decoding, decoding);
    return promptTokens == 0 ? decodeNanos : promptNanos(latency) + decodeNanos;
  }

  private long promptNanos(LatencyProfile latency) {
    int before = 0;
    for (int i = 0; i < requests.size(); i++) {
      if (requests.get(i).state() == RequestState.PREFILLING) {
        before += requests.get(i).computedTokens();
      }
    }
    long beforeNanos = before == 0 ? 0 : latency.prefillNanos(before);
    return latency.prefillNanos(before + promptTokens) - beforeNanos;
  }

  /** How many requests get a token from one token. */
  public int decoding() {
    return decoding;
  }

  /** Sum of their lengths. */
  public long decodeLengths() {
    return decodeLengths;
  }
}
