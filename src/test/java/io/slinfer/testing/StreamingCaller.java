package io.slinfer.testing;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A caller that streams one answer after the other, each on its own connection, and hangs up in the
 * middle of a third of them. One thread.
 */
public final class StreamingCaller {

  private static final int TIMEOUT_MILLIS = 60_000;
  private static final double DROP_RATE = 1 / 3.0;

  private final int port;
  private final Random random;

  public StreamingCaller(int port, long seed) {
    this.port = port;
    this.random = new Random(seed);
  }

  /**
   * What came of the calls.
   *
   * @param wrong streams that did not end as they must, with what was wrong
   */
  public record Tally(int finished, int dropped, int tokens, List<String> wrong) {

    public static final Tally NONE = new Tally(0, 0, 0, List.of());

    public Tally plus(Tally other) {
      List<String> all = new ArrayList<>(wrong);
      all.addAll(other.wrong);
      return new Tally(
          finished + other.finished, dropped + other.dropped, tokens + other.tokens, all);
    }
  }

  /** Calls until the time has come, then finishes the call under way. */
  public Tally callUntil(long endNanos) throws IOException {
    Tally tally = Tally.NONE;
    while (System.nanoTime() - endNanos < 0) {
      tally = tally.plus(call());
    }
    return tally;
  }

  private Tally call() throws IOException {
    boolean drop = random.nextDouble() < DROP_RATE;
    int dropAfterEvents = random.nextInt(12);
    int events = 0;
    int ends = 0;
    String last = "";
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(TIMEOUT_MILLIS);
      socket.getOutputStream().write(request().getBytes(StandardCharsets.UTF_8));
      if (drop && dropAfterEvents == 0) {
        return hangUp(socket, 0);
      }
      BufferedReader in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        if (!line.startsWith("data: ")) {
          continue;
        }
        events++;
        last = line;
        boolean ended = line.contains("\"finish_reason\":\"") || line.contains("\"error\":");
        ends += ended ? 1 : 0;
        if (drop && events >= dropAfterEvents) {
          return hangUp(socket, events);
        }
      }
    }
    boolean right = ends == 1 && last.equals("data: [DONE]");
    List<String> wrong = right ? List.of() : List.of(ends + " ends, last: " + last);
    return new Tally(1, 0, events, wrong);
  }

  private Tally hangUp(Socket socket, int events) throws IOException {
    if (random.nextBoolean()) {
      socket.setSoLinger(true, 0);
    }
    return new Tally(0, 1, events, List.of());
  }

  private String request() {
    String model = random.nextInt(4) == 0 ? "demo-story" : "demo-chat";
    String prompt = "Once upon a time there was a small fox. ".repeat(1 + random.nextInt(8));
    String body =
        "{\"model\":\""
            + model
            + "\",\"prompt\":\""
            + prompt
            + random.nextInt(1_000)
            + "\",\"stream\":true,\"ignore_eos\":true,\"max_tokens\":"
            + (1 + random.nextInt(60))
            + "}";
    return RawClient.post("/v1/completions", body)
        .replaceFirst("\r\n", "\r\nConnection: close\r\n");
  }
}
