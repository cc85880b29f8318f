package io.slinfer.bench;

import io.vertx.core.impl.VertxThread;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * The longest that one handler kept an event loop's processor: looks at each event loop twice a
 * millisecond, and counts the CPU time that its thread uses while Vert.x says that it is in the
 * same handler. What a handler used before it was first seen is not counted, so a figure may be up
 * to a look short.
 */
final class HandlerWatch {

  private static final long LOOK_NANOS = 500_000;

  private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
  private volatile boolean watching;
  private Thread watcher;
  private long longestNanos;

  /** What was seen of an event loop last. */
  private record Seen(long handlerStart, long cpuNanosAtStart) {}

  void begin() {
    List<VertxThread> loops =
        Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> thread.getName().contains("eventloop"))
            .map(VertxThread.class::cast)
            .toList();
    longestNanos = 0;
    watching = true;
    watcher = Thread.ofPlatform().daemon().name("handler-watch").start(() -> watch(loops));
  }

  /** The longest in milliseconds. */
  double end() {
    watching = false;
    try {
      watcher.join();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    return longestNanos / 1e6;
  }

  private void watch(List<VertxThread> loops) {
    Map<VertxThread, Seen> seen = new HashMap<>();
    while (watching) {
      for (VertxThread loop : loops) {
        long start = loop.startTime();
        long cpuNanos = threads.getThreadCpuTime(loop.threadId());
        Seen before = seen.get(loop);
        if (before == null || before.handlerStart != start) {
          seen.put(loop, new Seen(start, cpuNanos));
        } else if (start != 0 && loop.startTime() == start) {
          longestNanos = Math.max(longestNanos, cpuNanos - before.cpuNanosAtStart);
        }
      }
      LockSupport.parkNanos(LOOK_NANOS);
    }
  }
}
