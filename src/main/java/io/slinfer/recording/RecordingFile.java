package io.slinfer.recording;

import io.slinfer.node.NodeRecorder;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A recording on its way to a file. The node's owner collects lines to pieces and offers those to a
 * bounded queue, from which a thread of its own writes. When the queue is full the recording ends
 * there, and says so: one with a gap could not be replayed.
 */
public final class RecordingFile implements LineSink, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(RecordingFile.class);
  private static final int PIECE_CHARS = 32 << 10;
  private static final int MOST_PIECES = 512;
  private static final long LONGEST_MILLIS = 10_000;

  // The node's owner.

  private final StringBuilder piece = new StringBuilder(2 * PIECE_CHARS);
  private long inputs;
  private long decisions;
  private boolean dropped;

  // Both threads.

  private final BlockingQueue<String> pieces = new ArrayBlockingQueue<>(MOST_PIECES);
  private final Path file;
  private final Thread writer;
  private volatile boolean closing;
  private volatile boolean broken;

  // The writer.

  private final DigestOutputStream out;

  private RecordingFile(Path file, OutputStream plain) {
    this.file = file;
    this.out = new DigestOutputStream(plain, Seal.digest());
    this.writer = Thread.ofPlatform().name("slinfer-recording").daemon().unstarted(this::write);
  }

  /**
   * Begins a recording.
   *
   * @throws IOException if the file cannot be written
   */
  public static RecordingFile create(Path file) throws IOException {
    return to(file, new BufferedOutputStream(Files.newOutputStream(file)));
  }

  static RecordingFile to(Path file, OutputStream out) {
    RecordingFile recording = new RecordingFile(file, out);
    recording.writer.start();
    return recording;
  }

  /** Records a node from its beginning. */
  public NodeRecorder of(RecordedNode node) {
    return new Recorder(node, this);
  }

  @Override
  public void note(CharSequence line) {
    if (piece.length() >= PIECE_CHARS) {
      handOver();
    }
    append(line);
  }

  @Override
  public void input(CharSequence line) {
    note(line);
    inputs += dropped ? 0 : 1;
  }

  @Override
  public void decision(CharSequence line) {
    append(line);
    decisions += dropped ? 0 : 1;
  }

  private void append(CharSequence line) {
    if (!dropped) {
      piece.append(line).append('\n');
    }
  }

  /** Whether it had to end before its node. */
  public boolean hasDropped() {
    return dropped || broken;
  }

  private void handOver() {
    if (dropped) {
      return;
    }
    if (broken || !pieces.offer(piece.toString())) {
      dropped = true;
      LOG.warn("{}: the recording ends here, after {} inputs: writing is too slow", file, inputs);
    }
    piece.setLength(0);
  }

  private void write() {
    try {
      while (!closing || !pieces.isEmpty()) {
        String next = pieces.poll(100, TimeUnit.MILLISECONDS);
        if (next != null && !broken) {
          put(next);
        }
      }
    } catch (InterruptedException end) {
      broken = true;
    }
  }

  private void put(String text) {
    try {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException failure) {
      broken = true;
      LOG.warn("{}: the recording ends here: {}", file, failure.getMessage());
    }
  }

  /** Ends the recording; its node must have stopped. Says what is in it. */
  @Override
  public void close() {
    closing = true;
    boolean interrupted = false;
    try {
      writer.join(LONGEST_MILLIS);
    } catch (InterruptedException later) {
      interrupted = true;
    }
    if (writer.isAlive()) {
      broken = true;
      LOG.warn("{}: the recording has no end: the disk does not take it", file);
    } else if (!broken) {
      finish();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void finish() {
    try (out) {
      put(piece.toString());
      String end =
          "{\"end\":true,\"inputs\":"
              + inputs
              + ",\"decisions\":"
              + decisions
              + ",\"dropped\":"
              + dropped
              + ",\"sha256\":\"";
      out.write(
          (end + Seal.hex(out.getMessageDigest()) + "\"}\n").getBytes(StandardCharsets.UTF_8));
      LOG.info("{}: {} inputs and {} decisions recorded", file, inputs, decisions);
    } catch (IOException failure) {
      LOG.warn("{}: the recording has no end: {}", file, failure.getMessage());
    }
  }
}
