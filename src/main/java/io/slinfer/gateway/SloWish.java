package io.slinfer.gateway;

/**
 * The latency that a caller, a key or a model asks for.
 *
 * @param firstMillis to the first token; 0: no wish
 * @param tokenMillis for each further token; 0: no wish
 */
public record SloWish(long firstMillis, long tokenMillis) {

  /** No wish. */
  public static final SloWish NONE = new SloWish(0, 0);

  /** Longest time that can be asked for. */
  public static final int MOST_MILLIS = 3_600_000;

  /** Whether anything is asked for. */
  public boolean isAny() {
    return firstMillis > 0 || tokenMillis > 0;
  }

  /** This wish, and where it has none, the other. */
  public SloWish or(SloWish other) {
    return new SloWish(
        firstMillis == 0 ? other.firstMillis : firstMillis,
        tokenMillis == 0 ? other.tokenMillis : tokenMillis);
  }
}
