package io.slinfer.testing;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;

/** One streamed answer on a connection of its own, read as it comes. */
public final class LiveStream implements AutoCloseable {

  private final Socket socket;
  private final List<String> events = new ArrayList<>();
  private final CountDownLatch first = new CountDownLatch(3);
  private final CompletableFuture<Long> ended = new CompletableFuture<>();

  private LiveStream(Socket socket) {
    this.socket = socket;
  }

  /** Posts and begins to read. */
  public static LiveStream post(String url, String body) throws IOException {
    URI uri = URI.create(url);
    LiveStream stream = new LiveStream(new Socket(uri.getHost(), uri.getPort()));
    String request =
        RawClient.post(uri.getPath(), body).replaceFirst("\r\n", "\r\nConnection: close\r\n");
    stream.socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
    Thread.ofVirtual().start(stream::read);
    return stream;
  }

  private void read() {
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        if (line.startsWith("data: ")) {
          synchronized (events) {
            events.add(line.substring(6));
          }
          first.countDown();
        }
      }
    } catch (IOException closed) {
      // The end is told below.
    }
    ended.complete(System.nanoTime());
  }

  /** Waits until the first tokens have come. */
  public void awaitTokens() throws InterruptedException {
    first.await();
  }

  /** When the answer ended, on System.nanoTime's clock; waits for it. */
  public long endNanos() throws Exception {
    return ended.get();
  }

  /** All events so far. */
  public List<String> events() {
    synchronized (events) {
      return List.copyOf(events);
    }
  }

  /** How many of the events are errors. */
  public long errors() {
    return events().stream().filter(event -> event.contains("\"error\":")).count();
  }

  /** Hangs up. */
  @Override
  public void close() throws IOException {
    socket.close();
  }
}
