package io.slinfer.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A server in tight memory under random loads, long prompts and cancellations: what it has in
 * memory, ten times a second, beside what its ledger says. {@code scripts/prove-memory}.
 */
final class MemoryProof {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long SAMPLE_MILLIS = 100;

  /** Growth is in the ledger once it is handed to the device, which has a step to end first. */
  private static final int REST_SAMPLES = 2;

  private static final int CALLERS = 12;
  private static final int IDLE_SECONDS = 60;

  /** The heap has its size from the start, so that it does not count as growth. */
  private static final List<String> FIXED_HEAP =
      List.of("-Xms384m", "-Xmx384m", "-XX:+AlwaysPreTouch", "-XX:+UseSerialGC");

  private final Path models;
  private final long budgetBytes;
  private final long scratchBytes;
  private final Path folder;

  /**
   * @param models folder of model files
   * @param folder for the server's settings and log
   */
  MemoryProof(Path models, long budgetBytes, Path folder) {
    this.models = models;
    this.budgetBytes = budgetBytes;
    this.scratchBytes = Math.min(64L << 20, budgetBytes / 16);
    this.folder = folder;
  }

  /**
   * What was seen.
   *
   * @param idleBytes resident set without a model, after a while of the same load
   * @param mostBytes greatest resident set beyond that
   * @param samples taken while the load ran
   * @param below of them, in how many the engine had more in memory than the ledger said, which was
   *     the same before and after; where it moves, it may have said more in between
   * @param settled of them, with every instance loaded and the ledger the same for a while
   * @param farAbove of the settled, in how many the ledger said over 3 % more than there was
   * @param greatestGap by how much the ledger was above what there was at most when settled, 0 to 1
   * @param loads of models
   * @param calls that ended, by how
   * @param leftBytes resident set beyond the idle one when all models have left again
   * @param usedBlocks KV blocks in use then
   * @param freeing 50th and 99th percentile of the time from a close to freed blocks, seconds
   */
  record Result(
      long budgetBytes,
      long idleBytes,
      long mostBytes,
      long enginesMostBytes,
      int samples,
      int below,
      int settled,
      int farAbove,
      double greatestGap,
      long loads,
      RandomCallers.Tally calls,
      long leftBytes,
      long usedBlocks,
      double[] freeing) {

    String text() {
      return String.format(
          Locale.ROOT,
          "budget %d MiB; idle %d MiB; resident at most %+d MiB beyond idle (%.1f %% of the budget),"
              + " engine at most %d MiB; %d samples, ledger below in %d; %d settled, over 3 %%"
              + " above in %d, at most %.2f %%; %d loads; %s; at the end %+d MiB, %d KV blocks used;"
              + " close to freed: p50 %.1f ms, p99 %.1f ms",
          budgetBytes >> 20,
          idleBytes >> 20,
          mostBytes >> 20,
          100.0 * mostBytes / budgetBytes,
          enginesMostBytes >> 20,
          samples,
          below,
          settled,
          farAbove,
          100 * greatestGap,
          loads,
          calls,
          leftBytes >> 20,
          usedBlocks,
          1e3 * freeing[0],
          1e3 * freeing[1]);
    }
  }

  /** Arguments: models, budget in MiB, seconds. */
  public static void main(String[] args) throws Exception {
    Path folder = Files.createDirectories(Path.of("target", "memory-proof"));
    MemoryProof proof = new MemoryProof(Path.of(args[0]), Long.parseLong(args[1]) << 20, folder);
    Result result = proof.run(Integer.parseInt(args[2]), System.nanoTime());
    System.out.println(result.text());
    boolean holds =
        result.mostBytes() <= 1.05 * result.budgetBytes()
            && result.below() == 0
            && result.farAbove() == 0
            && result.usedBlocks() == 0;
    System.out.println(holds ? "holds" : "DOES NOT HOLD");
    System.exit(holds ? 0 : 1);
  }

  Result run(int seconds, long seed) throws Exception {
    List<String> ids = new ArrayList<>();
    try (Stream<Path> files = Files.list(models)) {
      files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".gguf"))
          .sorted()
          .forEach(name -> ids.add(name.substring(0, name.length() - ".gguf".length())));
    }
    String settings =
        """
        models: {directories: ['%s'], max-context-tokens: 4096}
        devices: {cpu: {memory: %d MiB}}
        serving: {keep-alive: 4 s, least-residence: 500 ms}
        """
            .formatted(models.toAbsolutePath(), budgetBytes >> 20);
    try (ServerProcess server = new ServerProcess(settings, FIXED_HEAP, folder)) {
      RandomCallers callers = new RandomCallers(server.port(), ids);
      callers.run(CALLERS, Math.clamp(seconds / 4, 5, 60), seed);
      awaitNoModel(server);
      long idleBytes = resident(server).totalBytes();
      Watch watch = new Watch(server, idleBytes);
      Thread watching = Thread.ofPlatform().start(watch);
      RandomCallers.Tally calls = callers.run(CALLERS, seconds, seed + 1);
      watch.ended = true;
      watching.join();
      if (watch.failure != null) {
        throw watch.failure;
      }
      awaitNoModel(server);
      String metrics = server.get("/metrics");
      return new Result(
          budgetBytes,
          idleBytes,
          watch.mostBytes,
          watch.enginesMostBytes,
          watch.samples,
          watch.below,
          watch.settled,
          watch.farAbove,
          watch.greatestGap,
          Math.round(MetricsLines.sum(metrics, "slinfer_model_load_time_seconds_count")),
          calls,
          resident(server).totalBytes() - idleBytes,
          Math.round(MetricsLines.sum(metrics, "slinfer_kv_blocks_used")),
          new double[] {
            MetricsLines.percentile(metrics, "slinfer_disconnect_to_free_seconds", 0.5),
            MetricsLines.percentile(metrics, "slinfer_disconnect_to_free_seconds", 0.99)
          });
    }
  }

  private ResidentMemory resident(ServerProcess server) throws IOException {
    return ResidentMemory.of(server.pid(), budgetBytes - scratchBytes, scratchBytes);
  }

  private static void awaitNoModel(ServerProcess server) throws Exception {
    long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(IDLE_SECONDS);
    while (Ledger.of(server).actualBytes() > 0) {
      if (System.nanoTime() - deadlineNanos > 0) {
        throw new IOException("models have not left: " + server.admin("instances"));
      }
      TimeUnit.MILLISECONDS.sleep(SAMPLE_MILLIS);
    }
  }

  /**
   * What the ledger says, whether all that it speaks of is loaded, and how much memory work was
   * done before: two models can change places and back between two equal ledgers.
   */
  private record Ledger(long actualBytes, boolean loaded, long memoryWork) {

    static Ledger of(ServerProcess server) throws Exception {
      JsonNode instances = JSON.readTree(server.admin("instances")).get("data");
      JsonNode device = JSON.readTree(server.admin("devices")).get("data").get(0);
      boolean loaded = true;
      for (JsonNode instance : instances) {
        String state = instance.get("state").asText();
        loaded &= state.equals("loaded") || state.equals("paused");
      }
      double memoryWork =
          MetricsLines.sum(server.get("/metrics"), "slinfer_memory_work_seconds_count");
      return new Ledger(device.get("actual_bytes").asLong(), loaded, Math.round(memoryWork));
    }
  }

  /** Takes the samples. */
  private final class Watch implements Runnable {

    private final ServerProcess server;
    private final long idleBytes;
    private volatile boolean ended;
    private Exception failure;
    private long mostBytes;
    private long enginesMostBytes;
    private int samples;
    private int below;
    private int settled;
    private int farAbove;
    private double greatestGap;
    private Ledger last;
    private int unchanged;

    Watch(ServerProcess server, long idleBytes) {
      this.server = server;
      this.idleBytes = idleBytes;
    }

    @Override
    public void run() {
      try {
        while (!ended) {
          sample();
          TimeUnit.MILLISECONDS.sleep(SAMPLE_MILLIS);
        }
      } catch (Exception problem) {
        failure = problem;
      }
    }

    private void sample() throws Exception {
      Ledger before = Ledger.of(server);
      ResidentMemory memory = resident(server);
      Ledger after = Ledger.of(server);
      samples++;
      mostBytes = Math.max(mostBytes, memory.totalBytes() - idleBytes);
      enginesMostBytes = Math.max(enginesMostBytes, memory.enginesBytes());
      long said = Math.max(before.actualBytes(), after.actualBytes()) + scratchBytes;
      boolean rested = before.equals(after);
      if (memory.enginesBytes() > said) {
        below += rested ? 1 : 0;
        System.out.printf(
            "below%s: %s, %s to %s%n", rested ? "" : ", moving", memory, before, after);
      }
      unchanged = rested && after.equals(last) ? unchanged + 1 : 0;
      last = after;
      if (unchanged >= REST_SAMPLES && before.loaded() && before.actualBytes() > 0) {
        settled++;
        double gap = (said - memory.enginesBytes()) / (double) said;
        greatestGap = Math.max(greatestGap, gap);
        if (gap > 0.03) {
          farAbove++;
          System.out.printf("above: %s, %s%n", memory, before);
        }
      }
    }
  }
}
