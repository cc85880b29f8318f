package io.slinfer.node;

/**
 * How fast places in a full queue become free: the mean time between two requests that wait no
 * more, the last seconds weighing most. Only time in which requests wait counts; before the first
 * place becomes free, it is the time passed so far.
 *
 * <p>Any thread.
 */
final class WaitingPace {

  /** What is this old weighs 1/e of what happens now. */
  private static final double MEMORY_SECONDS = 10;

  /** No place is expected later than this, however long nothing has moved. */
  private static final double MOST_SECONDS = 60;

  private double seconds;
  private double places = 1;
  private long seenNanos;

  /** The first request starts to wait: the time before it does not count. */
  synchronized void waitingBegins(long nowNanos) {
    seenNanos = nowNanos;
  }

  /** A request waits no more. */
  synchronized void placeFreed(long nowNanos) {
    see(nowNanos);
    places++;
  }

  /** How long it takes until {@code count} places have become free, at this pace. */
  synchronized long millisFor(int count, long nowNanos) {
    see(nowNanos);
    return Math.round(1_000 * Math.min(seconds / places, MOST_SECONDS) * count);
  }

  private void see(long nowNanos) {
    double passed = Math.max(0, nowNanos - seenNanos) / 1e9;
    double kept = Math.exp(-passed / MEMORY_SECONDS);
    seconds = seconds * kept + MEMORY_SECONDS * (1 - kept);
    places *= kept;
    seenNanos = nowNanos;
  }
}
