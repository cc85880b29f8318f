package io.slinfer.bench;

import io.slinfer.testing.RawClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Callers that ask any model for anything and often hang up. */
final class RandomCallers {

  private static final int LONG_PROMPT_TOKENS = 2_000;
  private static final int SHORT_PROMPT_TOKENS = 200;

  private final int port;
  private final List<String> models;

  RandomCallers(int port, List<String> models) {
    this.port = port;
    this.models = models;
  }

  /**
   * How calls ended.
   *
   * @param wrong neither finished nor refused
   */
  record Tally(long finished, long closed, long refused, long wrong) {

    private Tally plus(Tally other) {
      return new Tally(
          finished + other.finished,
          closed + other.closed,
          refused + other.refused,
          wrong + other.wrong);
    }

    @Override
    public String toString() {
      return finished
          + " calls finished, "
          + closed
          + " closed, "
          + refused
          + " refused, "
          + wrong
          + " wrong";
    }
  }

  Tally run(int callers, int seconds, long seed) throws Exception {
    long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    List<Future<Tally>> running = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < callers; i++) {
        SplittableRandom random = new SplittableRandom(seed * callers + i);
        running.add(
            threads.submit(
                () -> {
                  Tally tally = new Tally(0, 0, 0, 0);
                  while (System.nanoTime() - endNanos < 0) {
                    tally = tally.plus(call(random));
                  }
                  return tally;
                }));
      }
    }
    Tally sum = new Tally(0, 0, 0, 0);
    for (Future<Tally> caller : running) {
      sum = sum.plus(caller.get());
    }
    return sum;
  }

  private Tally call(SplittableRandom random) throws Exception {
    try (RawClient client = new RawClient(port)) {
      return call(client, random);
    }
  }

  private Tally call(RawClient client, SplittableRandom random) throws Exception {
    long startNanos = System.nanoTime();
    try {
      client.send(body(random));
      switch (random.nextInt(6)) {
        case 0 -> {
          return new Tally(0, 1, 0, 0);
        }
        case 1 -> {
          TimeUnit.MILLISECONDS.sleep(random.nextInt(500));
          return new Tally(0, 1, 0, 0);
        }
        case 2 -> {
          String start = client.readUntil("\r\n\r\n");
          if (start.startsWith("HTTP/1.1 200")) {
            client.readUntil("data: ");
            return new Tally(0, 1, 0, 0);
          }
          return refused(start, random);
        }
        default -> {
          String start = client.readUntil("\r\n\r\n");
          if (!start.startsWith("HTTP/1.1 200")) {
            return refused(start, random);
          }
          String all = client.readUntil("[DONE]");
          return all.contains("\"error\"")
              ? wrong(all.substring(all.indexOf("\"error\"")))
              : new Tally(1, 0, 0, 0);
        }
      }
    } catch (IOException broken) {
      long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos);
      return wrong(broken + " after " + millis + " ms; received: " + client.received());
    }
  }

  private static Tally refused(String start, SplittableRandom random) throws Exception {
    TimeUnit.MILLISECONDS.sleep(random.nextInt(300));
    return start.startsWith("HTTP/1.1 429") ? new Tally(0, 0, 1, 0) : wrong(start);
  }

  private static Tally wrong(String why) {
    System.out.println("wrong: " + why.strip());
    return new Tally(0, 0, 0, 1);
  }

  private String body(SplittableRandom random) {
    boolean isLong = random.nextInt(8) == 0;
    int prompt = 1 + random.nextInt(isLong ? LONG_PROMPT_TOKENS : SHORT_PROMPT_TOKENS);
    StringBuilder ids = new StringBuilder("300");
    for (int i = 1; i < prompt; i++) {
      ids.append(',').append(random.nextInt(300, 2_900));
    }
    return RawClient.post(
        "/v1/completions",
        "{\"model\":\"%s\",\"prompt\":[%s],\"max_tokens\":%d,\"stream\":true,\"ignore_eos\":true}"
            .formatted(models.get(random.nextInt(models.size())), ids, 1 + random.nextInt(64)));
  }
}
