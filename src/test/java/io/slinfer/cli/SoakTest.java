package io.slinfer.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.slinfer.config.Settings;
import io.slinfer.gateway.AdmissionVerticle.Occupancy;
import io.slinfer.gateway.DirectoryCatalogue;
import io.slinfer.testing.SettingsText;
import io.slinfer.testing.StreamingCaller;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/**
 * Many streams at once against the demo models on the real engine, a third of them dropped at a
 * random moment: each ends once, and afterwards nothing is left in use.
 */
final class SoakTest {

  private static final int STREAMS = 64;
  private static final long HEAP_GROWTH_BYTES = 32L << 20;
  private static final long NATIVE_GROWTH_BYTES = 96L << 20;

  @Test
  void leavesNothingBehindAfterTenSeconds() throws Exception {
    soak(Duration.ofSeconds(10));
  }

  @Test
  @Tag("soak")
  void leavesNothingBehindAfterFiveMinutes() throws Exception {
    soak(Duration.ofMinutes(5));
  }

  private static void soak(Duration duration) throws Exception {
    long seed = Long.getLong("slinfer.seed", System.nanoTime());
    System.out.println("slinfer.seed=" + seed);
    Settings settings = settings();
    ListAppender<ILoggingEvent> warnings = listenForBlockedThreads();
    try (DirectoryCatalogue catalogue = DirectoryCatalogue.open(settings.models());
        Server server = Server.start(settings, NodeDevices.real(settings), catalogue)) {
      run(server, duration.dividedBy(5), seed);
      awaitIdle(server);
      long heapBytes = heapBytes();
      long nativeBytes = nativeBytes();
      StreamingCaller.Tally tally = run(server, duration, seed + 1);
      awaitIdle(server);
      long heapGrowth = heapBytes() - heapBytes;
      long nativeGrowth = nativeBytes() - nativeBytes;
      System.out.printf(
          "%s: %s, heap %+d KiB, native %+d KiB%n",
          duration, tally, heapGrowth >> 10, nativeGrowth >> 10);
      assertEquals(List.of(), tally.wrong(), "seed " + seed);
      assertTrue(tally.finished() > 0 && tally.dropped() > 0, tally::toString);
      assertTrue(heapGrowth < HEAP_GROWTH_BYTES, heapGrowth + " bytes more heap");
      assertTrue(nativeGrowth < NATIVE_GROWTH_BYTES, nativeGrowth + " bytes more native memory");
    }
    assertEquals(
        List.of(), warnings.list.stream().map(ILoggingEvent::getFormattedMessage).toList());
  }

  private static StreamingCaller.Tally run(Server server, Duration duration, long seed)
      throws Exception {
    long endNanos = System.nanoTime() + duration.toNanos();
    List<Future<StreamingCaller.Tally>> callers = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < STREAMS; i++) {
        StreamingCaller caller = new StreamingCaller(server.port(), seed * STREAMS + i);
        callers.add(threads.submit(() -> caller.callUntil(endNanos)));
      }
    }
    StreamingCaller.Tally sum = StreamingCaller.Tally.NONE;
    for (Future<StreamingCaller.Tally> caller : callers) {
      sum = sum.plus(caller.get());
    }
    return sum;
  }

  private static void awaitIdle(Server server) throws Exception {
    long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    Occupancy occupancy;
    do {
      occupancy = server.occupancy().await(5, TimeUnit.SECONDS);
      assertTrue(System.nanoTime() - deadlineNanos < 0, "still in use: " + occupancy);
    } while (!occupancy.equals(Occupancy.NONE));
  }

  private static Settings settings() {
    String models = Path.of("models").toAbsolutePath().toString();
    Settings settings =
        SettingsText.parse(
            "models: {directories: ['" + models + "']}\ndevices: {cpu: {memory: 64 MiB}}");
    return settings.with(settings.http().at(null, 0), settings.models());
  }

  private static ListAppender<ILoggingEvent> listenForBlockedThreads() {
    ListAppender<ILoggingEvent> appender = new ListAppender<>();
    appender.start();
    for (String name :
        List.of("io.vertx.core.impl.BlockedThreadChecker", "io.vertx.core.impl.btc")) {
      ((Logger) LoggerFactory.getLogger(name)).addAppender(appender);
    }
    return appender;
  }

  private static long heapBytes() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  /**
   * Resident memory beside the Java heap, which lies below 1 TiB and whose pages come as they are
   * first used; 0 where the system does not tell.
   */
  private static long nativeBytes() throws IOException {
    Path ranges = Path.of("/proc/self/smaps");
    if (!Files.exists(ranges)) {
      return 0;
    }
    long bytes = 0;
    boolean beside = false;
    for (String line : Files.readAllLines(ranges)) {
      int dash = line.indexOf('-');
      if (dash > 0 && line.indexOf(' ') > dash) {
        beside = Long.parseUnsignedLong(line, 0, dash, 16) >= 1L << 40;
      } else if (beside && line.startsWith("Rss:")) {
        bytes += Long.parseLong(line.replaceAll("[^0-9]", "")) << 10;
      }
    }
    return bytes;
  }
}
