package io.slinfer.testing;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A bare HTTP/1.1 connection: sends bytes as they are, reads when told, closes when told. */
public final class RawClient implements AutoCloseable {

  private static final int TIMEOUT_MILLIS = 60_000;

  private final Socket socket;
  private final StringBuilder received = new StringBuilder();

  public RawClient(int port) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(TIMEOUT_MILLIS);
  }

  /** The bytes of a POST with a JSON body. */
  public static String post(String path, String body) {
    return "POST "
        + path
        + " HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nContent-Length: "
        + body.getBytes(StandardCharsets.UTF_8).length
        + "\r\n\r\n"
        + body;
  }

  public void send(String bytes) throws IOException {
    socket.getOutputStream().write(bytes.getBytes(StandardCharsets.UTF_8));
  }

  /** Everything received so far, once it holds {@code text}. */
  public String readUntil(String text) throws IOException {
    InputStream in = socket.getInputStream();
    byte[] buffer = new byte[16_384];
    int searched = 0;
    while (received.indexOf(text, searched) < 0) {
      searched = Math.max(0, received.length() - text.length());
      int count = in.read(buffer);
      if (count < 0) {
        throw new IOException("closed before " + text + ": " + received);
      }
      received.append(new String(buffer, 0, count, StandardCharsets.UTF_8));
    }
    return received.toString();
  }

  /** What has come so far. */
  public String received() {
    return received.toString();
  }

  /** Waits until the server closes; true if it sent nothing before. */
  public boolean closedInSilence() throws IOException {
    return socket.getInputStream().read() < 0;
  }

  /** Closes with a reset instead of an orderly end. */
  public void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
