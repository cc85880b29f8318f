package io.slinfer.bench;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What a machine charges to a thread for next to nothing: on a virtual one the time that its host
 * took away may be counted as the thread's own. Threads repeat a piece of work of some 20 us; the
 * longest that one piece cost says how far to trust the CPU time of a single handler.
 */
final class ChargedTime {

  private static final int STEPS = 200_000;
  private static final int WARM_UP_PIECES = 2_000;

  private ChargedTime() {}

  /** The CPU time of the longest piece in milliseconds, on so many busy threads. */
  static double longestMillis(int threads, int seconds) throws InterruptedException {
    AtomicLong longest = new AtomicLong();
    long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    List<Thread> running = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      running.add(
          Thread.ofPlatform()
              .daemon()
              .start(() -> longest.accumulateAndGet(longestNanos(endNanos), Math::max)));
    }
    for (Thread thread : running) {
      thread.join();
    }
    return longest.get() / 1e6;
  }

  private static long longestNanos(long endNanos) {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long longest = 0;
    long mixed = 0;
    for (int piece = 0; System.nanoTime() < endNanos; piece++) {
      long before = threads.getCurrentThreadCpuTime();
      long value = before;
      for (int i = 0; i < STEPS; i++) {
        value = value * 6_364_136_223_846_793_005L + 1_442_695_040_888_963_407L;
      }
      mixed += value;
      if (piece >= WARM_UP_PIECES) {
        longest = Math.max(longest, threads.getCurrentThreadCpuTime() - before);
      }
    }
    // Used, so that the work is not optimised away.
    return mixed == 0 ? longest + 1 : longest;
  }
}
