package io.slinfer.http;

import io.slinfer.gateway.GenerationListener.Usage;
import io.slinfer.gateway.TokenText;
import io.slinfer.request.Failure;
import io.slinfer.request.FinishReason;
import io.slinfer.toolcall.ToolCallEvent;
import io.vertx.ext.web.RoutingContext;
import java.util.List;

/**
 * Sends the one choice of a call as its dialect writes it: whole, or as a stream whose status goes
 * out with the first text or after one heartbeat period of waiting. Confined to the event loop.
 */
final class DialectAnswer implements ChoiceGroup.Sink {

  private static final long NO_TIMER = -1;

  private final RoutingContext routing;
  private final String streamType;
  private final AnswerWriter writer;
  private final SseStream stream;
  private final long headWithinMillis;
  private boolean headSent;
  private boolean opened;
  private int promptTokens;
  private int cachedTokens;
  private String stopText;
  private FinishReason reason;
  private long headTimer = NO_TIMER;

  /**
   * @param stream null for an answer that is not streamed
   * @param headWithinMillis how long an accepted request may go without a status
   */
  DialectAnswer(
      RoutingContext routing,
      String streamType,
      AnswerWriter writer,
      SseStream stream,
      long headWithinMillis) {
    this.routing = routing;
    this.streamType = streamType;
    this.writer = writer;
    this.stream = stream;
    this.headWithinMillis = headWithinMillis;
  }

  @Override
  public void coldStart() {
    CommonHeaders.markColdStart(routing.response());
  }

  @Override
  public void accepted() {
    if (stream != null) {
      headTimer =
          routing
              .vertx()
              .setTimer(
                  headWithinMillis,
                  timer -> {
                    sendHead();
                    stream.frame(writer.heartbeat());
                  });
    }
  }

  @Override
  public void started(int choice, int prompt, int cached) {
    promptTokens = prompt;
    cachedTokens = cached;
    writer.started();
  }

  @Override
  public void text(int choice, String text) {
    open();
    frame(writer.text(text));
  }

  @Override
  public void reasoning(int choice, String text) {
    open();
    frame(writer.reasoning(text));
  }

  @Override
  public void call(int choice, ToolCallEvent part) {
    open();
    frame(writer.call(part));
  }

  @Override
  public void tokens(int choice, List<TokenText> tokens) {
    writer.tokens(tokens);
  }

  @Override
  public void stopText(int choice, String stop) {
    stopText = stop;
  }

  @Override
  public void ended(int choice, FinishReason why) {
    reason = why;
  }

  @Override
  public void completed(Usage usage) {
    open();
    frame(writer.ended(reason, stopText, usage));
    if (stream == null) {
      routing.response().putHeader("content-type", "application/json").end(writer.whole());
    } else {
      stream.end();
    }
  }

  @Override
  public void failed(Failure failure) {
    routing.vertx().cancelTimer(headTimer);
    ErrorAnswer error = ErrorAnswer.of(failure);
    if (headSent) {
      stream.frame(writer.failed(error));
      stream.end();
    } else {
      closed();
      ErrorShape.send(routing, error);
    }
  }

  /** The connection is gone. */
  void closed() {
    routing.vertx().cancelTimer(headTimer);
    if (stream != null) {
      stream.release();
    }
  }

  private void open() {
    if (opened) {
      return;
    }
    opened = true;
    if (stream != null) {
      sendHead();
    }
    frame(writer.opened(promptTokens, cachedTokens));
  }

  private void sendHead() {
    if (!headSent) {
      headSent = true;
      routing.vertx().cancelTimer(headTimer);
      stream.open(streamType, writer.heartbeat());
    }
  }

  private void frame(String framed) {
    if (stream != null) {
      stream.frame(framed);
    }
  }
}
