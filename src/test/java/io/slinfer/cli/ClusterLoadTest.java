package io.slinfer.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.slinfer.testing.FreePorts;
import io.slinfer.testing.JsonClient;
import io.slinfer.testing.NodeProcess;
import io.slinfer.testing.RawClient;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three emulated nodes under load, one killed at a third of the time and started again at two
 * thirds: every call must end as it should, and only those that the killed node had may be lost.
 * Run by {@code scripts/test-cluster}.
 */
@Tag("cluster")
@Timeout(value = 30, unit = TimeUnit.MINUTES)
final class ClusterLoadTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int CALLERS = 24;
  private static final int MODELS = 12;
  private static final long SECONDS = Long.getLong("slinfer.seconds", 90);
  private static final long SEED = Long.getLong("slinfer.seed", System.nanoTime());

  /** An error for a lost node comes so long after the kill at the latest. */
  private static final long NOTICE_NANOS = 2_000_000_000L;

  @TempDir private Path folder;

  private final List<NodeProcess> nodes = new ArrayList<>();
  private int port;
  private volatile long killedNanos = Long.MAX_VALUE;

  private enum End {
    /** All tokens, one end. */
    WHOLE,
    /** Refused before the 200, with a time to retry. */
    REFUSED,
    /** Nobody listened: the node was killed and not started again yet. */
    AWAY,
    /** Hung up by the caller. */
    DROPPED,
    /** One error event, or an end of the connection, when the node was killed. */
    LOST,
    /** None of these. */
    WRONG
  }

  private record Call(End end, long endNanos, String what) {}

  @Test
  void nothingIsLostButWhatTheKilledNodeHad() throws Exception {
    port = FreePorts.next(6);
    for (int i = 0; i < 3; i++) {
      nodes.add(start(i));
    }
    for (NodeProcess node : nodes) {
      node.awaitReady();
    }
    try (ExecutorService callers = Executors.newFixedThreadPool(CALLERS)) {
      long startNanos = System.nanoTime();
      long endNanos = startNanos + TimeUnit.SECONDS.toNanos(SECONDS);
      List<Future<List<Call>>> running = new ArrayList<>();
      for (int i = 0; i < CALLERS; i++) {
        Random random = new Random(SEED + i);
        running.add(callers.submit(() -> callUntil(endNanos, random)));
      }
      sleepUntil(startNanos + TimeUnit.SECONDS.toNanos(SECONDS / 3));
      killedNanos = System.nanoTime();
      nodes.get(2).kill();
      sleepUntil(startNanos + TimeUnit.SECONDS.toNanos(2 * SECONDS / 3));
      nodes.set(2, start(2));
      nodes.get(2).awaitReady();
      List<Call> calls = new ArrayList<>();
      for (Future<List<Call>> caller : running) {
        calls.addAll(caller.get());
      }
      judge(calls);
    } finally {
      nodes.forEach(NodeProcess::close);
    }
  }

  private NodeProcess start(int index) throws IOException {
    String yaml =
        """
        models: {emulated: {m: {profile: llama-2-7b, count: %d, answer-tokens: 0}}}
        devices: {gpu: {engine: emulated, profile: a100-80gb, memory: 72 GiB}}
        cluster: {node: node-%d, port: %d, members: ["127.0.0.1:%d", "127.0.0.1:%d", "127.0.0.1:%d"]}
        """
            .formatted(MODELS, index, port + 3 + index, port + 3, port + 4, port + 5);
    return NodeProcess.start(
        "node-" + index, port + index, folder.resolve("node-" + index + System.nanoTime()), yaml);
  }

  private void judge(List<Call> calls) throws Exception {
    Map<End, Integer> ends = new TreeMap<>();
    calls.forEach(call -> ends.merge(call.end(), 1, Integer::sum));
    System.out.println("seed " + SEED + ", " + SECONDS + " s: " + ends);
    List<String> wrong =
        calls.stream().filter(call -> call.end() == End.WRONG).map(Call::what).toList();
    assertEquals(List.of(), wrong.subList(0, Math.min(5, wrong.size())));
    for (Call call : calls) {
      if (call.end() == End.LOST) {
        long after = call.endNanos() - killedNanos;
        assertTrue(
            after > 0 && after < NOTICE_NANOS, call.what() + " " + after / 1_000_000 + " ms");
      }
    }
    assertTrue(ends.getOrDefault(End.LOST, 0) <= CALLERS, ends::toString);
    assertTrue(ends.get(End.WHOLE) > CALLERS, ends::toString);
    long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!isIdle()) {
      assertTrue(System.nanoTime() - deadlineNanos < 0, "something is left");
      Thread.sleep(100);
    }
  }

  /** All three devices are seen everywhere, with no request and no KV block in use. */
  private boolean isIdle() throws Exception {
    boolean idle = true;
    for (NodeProcess node : nodes) {
      JsonNode devices =
          JSON.readTree(JsonClient.get(node.url() + "/v1/devices").body()).get("data");
      idle &= devices.size() == 3;
      for (JsonNode device : devices) {
        for (JsonNode instance : device.get("instances")) {
          idle &= instance.get("running").asInt() + instance.get("waiting").asInt() == 0;
          idle &= instance.get("kv_used_bytes").asLong() == 0;
        }
      }
    }
    return idle;
  }

  private static void sleepUntil(long nanos) throws InterruptedException {
    TimeUnit.NANOSECONDS.sleep(nanos - System.nanoTime());
  }

  private List<Call> callUntil(long endNanos, Random random) throws InterruptedException {
    List<Call> calls = new ArrayList<>();
    while (System.nanoTime() - endNanos < 0) {
      Call call = call(random);
      calls.add(call);
      if (call.end() != End.WHOLE && call.end() != End.DROPPED) {
        Thread.sleep(200);
      }
    }
    return calls;
  }

  private Call call(Random random) {
    int target = random.nextInt(3);
    String model = "m-%03d".formatted(random.nextInt(MODELS));
    int tokens = 10 + random.nextInt(150);
    int dropAfter = random.nextInt(5) == 0 ? random.nextInt(tokens) : Integer.MAX_VALUE;
    String body =
        "{\"model\":\"%s\",\"prompt\":\"%s\",\"stream\":true,\"max_tokens\":%d}"
            .formatted(model, "word ".repeat(1 + random.nextInt(300)), tokens);
    long startNanos = System.nanoTime();
    List<String> lines = new ArrayList<>();
    boolean broken = false;
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port + target)) {
      socket.setSoTimeout(120_000);
      String request =
          RawClient.post("/v1/completions", body).replaceFirst("\r\n", "\r\nConnection: close\r\n");
      socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
      BufferedReader in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        lines.add(line);
        if (lines.stream().filter(read -> read.startsWith("data: ")).count() > dropAfter) {
          return new Call(End.DROPPED, System.nanoTime(), "");
        }
      }
    } catch (IOException closed) {
      broken = true;
    }
    return judge(target, startNanos, tokens, lines, broken);
  }

  private Call judge(int target, long startNanos, int tokens, List<String> lines, boolean broken) {
    long nowNanos = System.nanoTime();
    String what = "node-" + target + " " + lines;
    boolean atKilledNode = target == 2 && nowNanos - killedNanos > 0;
    String status = lines.isEmpty() ? "" : lines.getFirst();
    List<String> data = lines.stream().filter(line -> line.startsWith("data: ")).toList();
    long ends = data.stream().filter(line -> line.contains("\"finish_reason\":\"")).count();
    List<String> errors = data.stream().filter(line -> line.contains("\"error\":")).toList();
    if (status.contains(" 429 ") || status.contains(" 503 ")) {
      boolean honest =
          lines.stream().anyMatch(line -> line.toLowerCase().startsWith("retry-after"));
      return new Call(honest ? End.REFUSED : End.WRONG, nowNanos, what);
    }
    if (status.contains(" 200 ") && ends == 1 && errors.isEmpty()) {
      long texts = data.stream().filter(line -> line.matches(".*\"text\":\"[^\"].*")).count();
      boolean whole = data.getLast().equals("data: [DONE]") && texts >= tokens - 1;
      return new Call(whole ? End.WHOLE : End.WRONG, nowNanos, texts + "/" + tokens + " " + what);
    }
    boolean lostWithItsGateway = atKilledNode && ends == 0 && errors.isEmpty();
    if (lostWithItsGateway && startNanos - killedNanos > 0) {
      return new Call(End.AWAY, nowNanos, what);
    }
    boolean lostElsewhere =
        !broken && ends == 0 && errors.size() == 1 && errors.getFirst().contains("node_lost");
    return new Call(lostWithItsGateway || lostElsewhere ? End.LOST : End.WRONG, nowNanos, what);
  }
}
