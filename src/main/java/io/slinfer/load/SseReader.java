package io.slinfer.load;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * Cuts a byte stream into the data of server-sent events; comments and other fields are passed
 * over. Confined to the client's event loop.
 */
final class SseReader {

  private static final int MAX_LINE_BYTES = 1 << 20;

  private final Consumer<String> onData;
  private Buffer pending = Buffer.buffer();

  /**
   * @param onData gets the text after {@code data: } of each event
   */
  SseReader(Consumer<String> onData) {
    this.onData = onData;
  }

  void feed(Buffer bytes) {
    pending.appendBuffer(bytes);
    int start = 0;
    for (int i = 0; i < pending.length(); i++) {
      if (pending.getByte(i) == '\n') {
        line(pending.getString(start, i, StandardCharsets.UTF_8.name()).strip());
        start = i + 1;
      }
    }
    pending = pending.getBuffer(start, pending.length());
    if (pending.length() > MAX_LINE_BYTES) {
      throw new IllegalStateException("an event of more than " + MAX_LINE_BYTES + " bytes");
    }
  }

  private void line(String line) {
    if (line.startsWith("data:")) {
      onData.accept(line.substring("data:".length()).strip());
    }
  }
}
