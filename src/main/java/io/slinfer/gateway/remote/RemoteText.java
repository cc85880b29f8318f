package io.slinfer.gateway.remote;

import io.slinfer.gateway.FileText;
import io.slinfer.gateway.ModelText;
import io.slinfer.gateway.TextSource;
import io.slinfer.request.ModelId;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * What a model of other nodes speaks with, fetched from one that has its file.
 *
 * @param holders the nodes that have it now
 */
record RemoteText(ModelId id, String fingerprint, Vertx vertx, Supplier<List<String>> holders)
    implements TextSource {

  private static final long PIECE_MILLIS = 10_000;

  @Override
  public ModelText call() throws IOException {
    Path file = Files.createTempFile("slinfer-text", ".gguf");
    try {
      Files.write(file, fetch());
      return new FileText(id, file, null).call();
    } finally {
      Files.delete(file);
    }
  }

  private byte[] fetch() throws IOException {
    IOException last = new IOException("no node has model " + id + " any more");
    for (String node : holders.get()) {
      try {
        return fetch(node);
      } catch (ExecutionException failure) {
        last = new IOException("node " + node + ": " + failure.getCause().getMessage(), failure);
      }
    }
    throw last;
  }

  /** On a worker thread. */
  private byte[] fetch(String node) throws ExecutionException {
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    DeliveryOptions options = new DeliveryOptions().setSendTimeout(PIECE_MILLIS);
    while (true) {
      Buffer wish = new TextPacks.Wish(id, fingerprint, whole.size()).encode();
      Buffer piece = piece(node, wish, options);
      WireIn in = new WireIn(piece);
      long length = in.number();
      whole.writeBytes(in.rest());
      if (whole.size() >= length) {
        return whole.toByteArray();
      }
    }
  }

  private Buffer piece(String node, Buffer wish, DeliveryOptions options)
      throws ExecutionException {
    try {
      return vertx
          .eventBus()
          .<Buffer>request(Addresses.text(node), wish, options)
          .toCompletionStage()
          .toCompletableFuture()
          .get(2 * PIECE_MILLIS, TimeUnit.MILLISECONDS)
          .body();
    } catch (java.util.concurrent.TimeoutException silent) {
      throw new ExecutionException(silent);
    } catch (InterruptedException stopping) {
      Thread.currentThread().interrupt();
      throw new ExecutionException(stopping);
    }
  }
}
