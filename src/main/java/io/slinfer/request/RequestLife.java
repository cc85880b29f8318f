package io.slinfer.request;

/**
 * One request's life: its state, what it has produced, and when its next token is due.
 *
 * <p>Confined to the thread of the coordinator that owns it. Times are nanoseconds on that
 * coordinator's clock.
 */
public final class RequestLife {

  /** Lateness, in tokens, that running fast is trusted to make up for. */
  private static final int MAKE_UP_TOKENS = 20;

  private final RequestId id;
  private final ModelId model;
  private final int promptTokens;
  private final Slo slo;
  private final long arrivalNanos;
  private final DeadlineRule rule;

  private RequestState state = RequestState.QUEUED;
  private long graceNanos;
  private boolean coldStart;
  private boolean kept;
  private Standing standing = Standing.ORDINARY;
  private int generatedTokens;
  private int computedTokens;
  private int heldBlocks;
  private int evictions;
  private long firstTokenNanos;
  private long lastTokenNanos;
  private long deadlineNanos;
  private long dueNanos;

  /**
   * @param promptTokens at least one
   * @param rule how this request's deadlines follow from its SLO
   */
  public RequestLife(
      RequestId id,
      ModelId model,
      int promptTokens,
      Slo slo,
      long arrivalNanos,
      DeadlineRule rule) {
    this.id = id;
    this.model = model;
    this.promptTokens = promptTokens;
    this.slo = slo;
    this.arrivalNanos = arrivalNanos;
    this.rule = rule;
    updateDeadline();
  }

  public RequestId id() {
    return id;
  }

  public ModelId model() {
    return model;
  }

  public int promptTokens() {
    return promptTokens;
  }

  public Slo slo() {
    return slo;
  }

  public long arrivalNanos() {
    return arrivalNanos;
  }

  public RequestState state() {
    return state;
  }

  /** Moves to {@code next}; a transition that is not allowed is a defect. */
  public void become(RequestState next) {
    if (!state.mayBecome(next)) {
      throw new IllegalStateException("request " + id + " cannot go from " + state + " to " + next);
    }
    state = next;
  }

  /** Load time that the deadlines forgive. */
  public long graceNanos() {
    return graceNanos;
  }

  /** Forgives the time of a model load that the request was on the instance for. */
  public void forgiveLoad(long loadNanos) {
    graceNanos += loadNanos;
    coldStart |= generatedTokens == 0;
    updateDeadline();
  }

  /** Whether a load ended while it had no token yet. */
  public boolean coldStart() {
    return coldStart;
  }

  public int generatedTokens() {
    return generatedTokens;
  }

  /** Prompt and generated tokens. */
  public int totalTokens() {
    return promptTokens + generatedTokens;
  }

  /** How many leading tokens have their keys and values in a cache, on the device or the host. */
  public int computedTokens() {
    return computedTokens;
  }

  public void computedTokens(int tokens) {
    assert tokens >= 0 && tokens <= totalTokens() : tokens + " of " + totalTokens();
    computedTokens = tokens;
  }

  /** KV blocks it holds on its device. */
  public int heldBlocks() {
    return heldBlocks;
  }

  public void heldBlocks(int blocks) {
    heldBlocks = blocks;
  }

  /** How often it lost its place and its cache. */
  public int evictions() {
    return evictions;
  }

  public void countEviction() {
    evictions++;
  }

  /** When its first token came; meaningless before. */
  public long firstTokenNanos() {
    return firstTokenNanos;
  }

  /** When its last token so far came; meaningless before the first. */
  public long lastTokenNanos() {
    return lastTokenNanos;
  }

  /** Takes note of one more token. */
  public void tokenAt(long nowNanos) {
    if (generatedTokens == 0) {
      firstTokenNanos = nowNanos;
    }
    generatedTokens++;
    lastTokenNanos = nowNanos;
    updateDeadline();
  }

  /** Who it is from. */
  public Standing standing() {
    return standing;
  }

  public void standing(Standing newStanding) {
    standing = newStanding;
  }

  /** From now on it is never given up: its caller was promised an answer. */
  public void keep() {
    kept = true;
  }

  /** Whether it may not be given up. */
  public boolean isKept() {
    return kept;
  }

  /** When its next token is due, by the rule. */
  public long deadlineNanos() {
    return deadlineNanos;
  }

  /**
   * When its next token should come: at its deadline, or before, if a caller who has had tokens
   * would wait too long for one more.
   */
  public long dueNanos() {
    return dueNanos;
  }

  /**
   * Whether the promise can still be kept: the first token came in time or still can, and the
   * tokens are not so late that running fast could not make up for it.
   */
  public boolean isHopeful(long nowNanos) {
    if (generatedTokens == 0) {
      return deadlineNanos - nowNanos >= 0;
    }
    boolean firstInTime =
        firstTokenNanos - arrivalNanos - graceNanos <= slo.timeToFirstTokenNanos();
    return firstInTime && nowNanos - deadlineNanos < MAKE_UP_TOKENS * slo.timePerOutputTokenNanos();
  }

  /** How long it stays hopeful when nothing happens; 0 or less if it is not. */
  public long hopefulForNanos(long nowNanos) {
    if (!isHopeful(nowNanos)) {
      return 0;
    }
    long left = deadlineNanos - nowNanos;
    return generatedTokens == 0 ? left + 1 : left + MAKE_UP_TOKENS * slo.timePerOutputTokenNanos();
  }

  /** Time until its next token is late; a request that cannot keep its promise has all the time. */
  public long slackNanos(long nowNanos) {
    return isHopeful(nowNanos) ? deadlineNanos - nowNanos : Long.MAX_VALUE / 2;
  }

  private void updateDeadline() {
    deadlineNanos = rule.deadlineNanos(this);
    long gapNanos = Math.max(rule.mostGapNanos(), slo.timePerOutputTokenNanos());
    dueNanos =
        generatedTokens == 0 ? deadlineNanos : Math.min(deadlineNanos, lastTokenNanos + gapNanos);
  }
}
