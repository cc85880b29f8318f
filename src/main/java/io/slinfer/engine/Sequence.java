package io.slinfer.engine;

import io.slinfer.kvcache.BlockTable;
import io.slinfer.request.RequestId;
import io.slinfer.request.Sampling;
import io.slinfer.request.TokenRule;
import java.util.Arrays;

/**
 * One request as an engine sees it: its tokens so far (prompt, then generated), how many of them
 * have their keys and values in the cache, and the blocks that hold those.
 *
 * <p>Confined to the device's owner, which changes it only between the steps that include it; an
 * engine reads it during a step.
 */
public final class Sequence {

  private final RequestId id;
  private final Sampling sampling;
  private final int promptLength;
  private final BlockTable blocks = new BlockTable();
  private final TokenRule.Progress progress;
  private int[] tokens;
  private int length;
  private int computed;

  /**
   * @param promptTokens copied; at least one
   */
  public Sequence(RequestId id, int[] promptTokens, Sampling sampling) {
    this.id = id;
    this.sampling = sampling;
    this.progress = sampling.rule() == null ? null : sampling.rule().start();
    this.promptLength = promptTokens.length;
    this.tokens = Arrays.copyOf(promptTokens, promptTokens.length + 16);
    this.length = promptTokens.length;
  }

  public RequestId id() {
    return id;
  }

  public Sampling sampling() {
    return sampling;
  }

  /** The blocks that hold the keys and values of tokens 0 to computed() - 1, and room for more. */
  public BlockTable blocks() {
    return blocks;
  }

  /** How many tokens the prompt has. */
  public int promptLength() {
    return promptLength;
  }

  /** How many tokens there are: prompt and generated. */
  public int length() {
    return length;
  }

  /** How many tokens were generated. */
  public int generated() {
    return length - promptLength;
  }

  /** How many tokens have keys and values in the cache; the next step starts at this position. */
  public int computed() {
    return computed;
  }

  /** How many tokens the next steps must still process before a token can be drawn; at least 1. */
  public int pending() {
    return length - computed;
  }

  /** The token at {@code position}, 0 to length - 1. */
  public int token(int position) {
    assert position < length : position + " of " + length;
    return tokens[position];
  }

  /** How far it has come in the rule of its sampling; null if there is none. */
  public TokenRule.Progress progress() {
    return progress;
  }

  /** Appends a generated token, which its rule allows. */
  public void append(int token) {
    if (progress != null) {
      progress.accept(token);
    }
    if (length == tokens.length) {
      tokens = Arrays.copyOf(tokens, length * 2);
    }
    tokens[length++] = token;
  }

  /**
   * Says that tokens 0 to {@code tokenCount} - 1 are in the cache (after a step, a prefix hit, an
   * import; 0 after eviction).
   */
  public void computed(int tokenCount) {
    assert tokenCount >= 0 && tokenCount <= length : tokenCount + " of " + length;
    computed = tokenCount;
  }
}
