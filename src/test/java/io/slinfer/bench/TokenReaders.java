package io.slinfer.bench;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.NetSocket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Callers that stream answers one after another and do nothing but count events. A token's text may
 * be {@code tN}, N the microseconds at which it was made: then its latency is noted.
 *
 * <p>Confined to one event loop.
 */
final class TokenReaders {

  static final int TOKENS_PER_ANSWER = 2_000;

  /** Microseconds wrap here, as the time in a token does. */
  static final int MICROS_WRAP = 1 << 24;

  private static final byte[] EVENT = "\ndata: {".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] TIME = "\"text\":\"t".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] DONE = "data: [DONE]".getBytes(StandardCharsets.US_ASCII);
  private static final int SAMPLE_LIMIT = 1 << 22;

  private final long endNanos;
  private final List<NetSocket> sockets = new ArrayList<>();
  private int[] latencyMicros = new int[1 << 16];
  private int samples;
  private long tokens;
  private boolean counting;

  /** What they saw. */
  record Result(long tokens, double seconds, int[] latencyMicros) {

    double latencyMillis(double percent) {
      if (latencyMicros.length == 0) {
        return Double.NaN;
      }
      return latencyMicros[(int) (percent / 100 * (latencyMicros.length - 1))] / 1e3;
    }
  }

  private TokenReaders(int seconds) {
    endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
  }

  /** Reads for some seconds; all connections are closed then. */
  static Result run(Vertx vertx, int port, int connections, int seconds) {
    TokenReaders readers = new TokenReaders(seconds);
    NetClient client = vertx.createNetClient(new NetClientOptions().setTcpNoDelay(true));
    Promise<Result> result = Promise.promise();
    vertx
        .getOrCreateContext()
        .runOnContext(
            nothing -> {
              List<Future<NetSocket>> opening = new ArrayList<>();
              for (int i = 0; i < connections; i++) {
                opening.add(client.connect(port, "127.0.0.1").onSuccess(readers::attach));
              }
              long startNanos = System.nanoTime();
              Future.all(opening)
                  .onFailure(result::fail)
                  .onSuccess(
                      all -> {
                        readers.counting = true;
                        long began = System.nanoTime();
                        vertx.setTimer(
                            Math.max(1, (readers.endNanos - startNanos) / 1_000_000),
                            timer -> result.complete(readers.end(began)));
                      });
            });
    Result done = result.future().await();
    client.close().await();
    return done;
  }

  private Result end(long beganNanos) {
    counting = false;
    double seconds = (System.nanoTime() - beganNanos) / 1e9;
    sockets.forEach(NetSocket::close);
    int[] sorted = Arrays.copyOf(latencyMicros, samples);
    Arrays.sort(sorted);
    return new Result(tokens, seconds, sorted);
  }

  private void attach(NetSocket socket) {
    sockets.add(socket);
    Reader reader = new Reader(socket);
    socket.handler(reader::read);
    reader.ask();
  }

  /** One connection. */
  private final class Reader {

    private final NetSocket socket;
    private byte[] rest = new byte[0];

    Reader(NetSocket socket) {
      this.socket = socket;
    }

    void ask() {
      String body =
          "{\"model\":\"bench\",\"prompt\":\"a\",\"stream\":true,\"ignore_eos\":true,\"max_tokens\":"
              + TOKENS_PER_ANSWER
              + "}";
      socket.write(
          "POST /v1/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
              + "Content-Length: "
              + body.length()
              + "\r\n\r\n"
              + body);
    }

    /** Counts the whole events; what follows the last line waits for more bytes. */
    void read(Buffer buffer) {
      long nowMicros = System.nanoTime() / 1_000;
      byte[] bytes = joined(buffer);
      int last = bytes.length - 1;
      while (last >= 0 && bytes[last] != '\n') {
        last--;
      }
      int from = 0;
      while ((from = find(bytes, EVENT, from, last)) >= 0) {
        from += EVENT.length;
        if (counting) {
          tokens++;
          noteTime(bytes, from, last, nowMicros);
        }
      }
      boolean done = find(bytes, DONE, 0, last) >= 0;
      // The newline itself stays: it begins the next event's mark.
      rest = last <= 0 ? bytes : Arrays.copyOfRange(bytes, last, bytes.length);
      if (done) {
        rest = new byte[0];
        ask();
      }
    }

    private byte[] joined(Buffer buffer) {
      if (rest.length == 0) {
        return buffer.getBytes();
      }
      byte[] bytes = Arrays.copyOf(rest, rest.length + buffer.length());
      buffer.getBytes(bytes, rest.length);
      return bytes;
    }

    private void noteTime(byte[] bytes, int from, int last, long nowMicros) {
      int lineEnd = from;
      while (lineEnd < last && bytes[lineEnd] != '\n') {
        lineEnd++;
      }
      int at = find(bytes, TIME, from, lineEnd);
      if (at < 0 || samples == SAMPLE_LIMIT) {
        return;
      }
      int made = 0;
      for (int i = at + TIME.length; bytes[i] >= '0' && bytes[i] <= '9'; i++) {
        made = made * 10 + bytes[i] - '0';
      }
      if (samples == latencyMicros.length) {
        latencyMicros = Arrays.copyOf(latencyMicros, samples * 2);
      }
      latencyMicros[samples++] =
          (int) Math.floorMod(nowMicros % MICROS_WRAP - made, (long) MICROS_WRAP);
    }
  }

  private static int find(byte[] bytes, byte[] wanted, int from, int end) {
    for (int i = from; i <= end - wanted.length; i++) {
      int j = 0;
      while (j < wanted.length && bytes[i + j] == wanted[j]) {
        j++;
      }
      if (j == wanted.length) {
        return i;
      }
    }
    return -1;
  }
}
