package io.slinfer.http;

import io.slinfer.config.HttpSettings;
import io.slinfer.metrics.ServingMeters;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.util.ArrayDeque;

/**
 * Server-sent events to one reader. Events of one tick of the event loop are joined into one write,
 * never merged with each other. A slow reader: once the socket's write queue is full, events wait
 * here; when more wait than the settings allow, or the reader has taken nothing for too long, the
 * stream is cut off, so that memory stays bounded and a stalled reader holds no KV blocks.
 *
 * <p>Confined to the connection's event loop.
 */
final class SseStream {

  /** The socket's own queue, in bytes, before events wait here. */
  private static final int WRITE_QUEUE_BYTES = 64 << 10;

  /**
   * What waits for a slow reader lies in pieces of about this: one buffer would be copied whenever
   * it grows, for all streams of a batch in the same moment.
   */
  private static final int PIECE_BYTES = 16 << 10;

  /** A stream that is faster than this has its events joined; slower ones are written at once. */
  private static final long LEAST_BETWEEN_WRITES_MILLIS = 5;

  private static final long NO_TIMER = -1;

  private final Vertx vertx;
  private final HttpServerResponse response;
  private final HttpSettings settings;
  private final ServingMeters meters;
  private final Runnable onCut;
  private final ArrayDeque<Buffer> pieces = new ArrayDeque<>();
  private int piecesBytes;
  private Buffer pending = Buffer.buffer();
  private boolean flushPlanned;
  private long writtenNanos = System.nanoTime() - LEAST_BETWEEN_WRITES_MILLIS * 1_000_000;
  private boolean waitsForDrain;
  private boolean last;
  private boolean over;
  private boolean wroteSinceHeartbeat;
  private String beatFrame = "";
  private long heartbeat = NO_TIMER;
  private long slowTimer = NO_TIMER;

  /**
   * @param onCut called when the reader was too slow, before the connection is closed
   */
  SseStream(
      Vertx vertx,
      HttpServerResponse response,
      HttpSettings settings,
      ServingMeters meters,
      Runnable onCut) {
    this.vertx = vertx;
    this.response = response;
    this.settings = settings;
    this.meters = meters;
    this.onCut = onCut;
  }

  /** Sends the head of a stream of server-sent events and starts the heartbeat. */
  void open() {
    open("text/event-stream; charset=utf-8", ": waiting\n\n");
  }

  /**
   * Sends the head and starts the heartbeat.
   *
   * @param heartbeatFrame what is sent when nothing else was for a while; empty for nothing
   */
  void open(String contentType, String heartbeatFrame) {
    beatFrame = heartbeatFrame;
    response
        .setChunked(response.streamId() < 0)
        .setWriteQueueMaxSize(WRITE_QUEUE_BYTES)
        .putHeader("content-type", contentType)
        .putHeader("cache-control", "no-cache")
        .putHeader("x-accel-buffering", "no");
    heartbeat = vertx.setPeriodic(settings.heartbeatMillis(), timer -> beat());
  }

  /** Sends one event. */
  void event(String json) {
    if (over) {
      return;
    }
    pending.appendString("data: ").appendString(json);
    append("\n\n");
  }

  /** Sends text that the caller has framed; empty for nothing. */
  void frame(String framed) {
    if (!framed.isEmpty()) {
      append(framed);
    }
  }

  /** Sends a comment, which readers ignore. */
  void comment(String text) {
    append(": " + text + "\n\n");
  }

  /** Sends what is pending and ends the response. */
  void end() {
    last = true;
    if (!waitsForDrain && !over) {
      vertx.runOnContext(nothing -> flush());
    }
  }

  /** The connection is gone, or nothing more is to be said: lets go of everything. */
  void release() {
    over = true;
    pieces.clear();
    piecesBytes = 0;
    pending = Buffer.buffer();
    vertx.cancelTimer(heartbeat);
    vertx.cancelTimer(slowTimer);
  }

  private void append(String text) {
    if (over) {
      return;
    }
    wroteSinceHeartbeat = true;
    pending.appendString(text);
    if (pending.length() >= PIECE_BYTES) {
      pieces.addLast(pending);
      piecesBytes += pending.length();
      pending = Buffer.buffer(PIECE_BYTES);
    }
    if (isTooMuch() && !waitsForDrain) {
      flush();
    }
    if (isTooMuch()) {
      cut();
    } else {
      planFlush();
    }
  }

  private boolean isTooMuch() {
    return piecesBytes + pending.length() > settings.maxPendingBytes();
  }

  private void beat() {
    if (!wroteSinceHeartbeat) {
      frame(beatFrame);
    }
    wroteSinceHeartbeat = false;
  }

  private void planFlush() {
    if (!flushPlanned && !waitsForDrain && !over) {
      flushPlanned = true;
      long sinceWriteMillis = (System.nanoTime() - writtenNanos) / 1_000_000;
      if (sinceWriteMillis >= LEAST_BETWEEN_WRITES_MILLIS) {
        vertx.runOnContext(nothing -> flush());
      } else {
        vertx.setTimer(LEAST_BETWEEN_WRITES_MILLIS - sinceWriteMillis, timer -> flush());
      }
    }
  }

  private void flush() {
    flushPlanned = false;
    if (over) {
      return;
    }
    while (!pieces.isEmpty() && !response.writeQueueFull()) {
      Buffer piece = pieces.removeFirst();
      piecesBytes -= piece.length();
      writtenNanos = System.nanoTime();
      response.write(piece);
    }
    if (response.writeQueueFull()) {
      awaitDrain();
      return;
    }
    Buffer joined = pending;
    if (last) {
      release();
      response.end(joined);
    } else if (joined.length() > 0) {
      pending = Buffer.buffer(joined.length());
      writtenNanos = System.nanoTime();
      response.write(joined);
    }
  }

  private void awaitDrain() {
    waitsForDrain = true;
    slowTimer = vertx.setTimer(settings.slowClientMillis(), timer -> cut());
    response.drainHandler(
        nothing -> {
          waitsForDrain = false;
          vertx.cancelTimer(slowTimer);
          planFlush();
        });
  }

  private void cut() {
    if (over) {
      return;
    }
    release();
    meters.slowClientCut();
    onCut.run();
    response.reset();
  }
}
