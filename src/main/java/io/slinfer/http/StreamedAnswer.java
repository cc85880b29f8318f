package io.slinfer.http;

import io.slinfer.gateway.GenerationListener.Usage;
import io.slinfer.gateway.TokenText;
import io.slinfer.request.Failure;
import io.slinfer.request.FinishReason;
import io.slinfer.toolcall.ToolCallEvent;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerResponse;
import java.util.ArrayList;
import java.util.List;

/**
 * Answers with a stream of events. The status goes out with the first text, or after one heartbeat
 * period of waiting once the request was accepted; until then a failure still gets its own status,
 * afterwards it is an event. Confined to the event loop.
 */
final class StreamedAnswer implements ChoiceGroup.Sink {

  private static final long NO_TIMER = -1;

  private final Vertx vertx;
  private final HttpServerResponse response;
  private final AnswerFormat format;
  private final GenerationCall call;
  private final SseStream stream;
  private final long headWithinMillis;
  private final Progress[] choices;
  private boolean open;
  private long headTimer = NO_TIMER;

  /**
   * @param headWithinMillis how long an accepted request may go without a status
   */
  StreamedAnswer(
      Vertx vertx,
      HttpServerResponse response,
      AnswerFormat format,
      GenerationCall call,
      SseStream stream,
      long headWithinMillis) {
    this.vertx = vertx;
    this.response = response;
    this.format = format;
    this.call = call;
    this.stream = stream;
    this.headWithinMillis = headWithinMillis;
    this.choices = new Progress[call.choices()];
    for (int i = 0; i < choices.length; i++) {
      choices[i] = new Progress();
    }
  }

  /** How far one choice has come. */
  private static final class Progress {
    private List<TokenText> promptTokens = List.of();
    private List<TokenText> tokens = List.of();
    private int textLength;
  }

  @Override
  public void coldStart() {
    CommonHeaders.markColdStart(response);
  }

  @Override
  public void accepted() {
    headTimer =
        vertx.setTimer(
            headWithinMillis,
            timer -> {
              open();
              stream.comment("waiting");
            });
  }

  @Override
  public void text(int choice, String text) {
    open();
    stream.event(format.text(choice, text, logprobs(choice)));
    choices[choice].textLength += text.length();
  }

  @Override
  public void reasoning(int choice, String text) {
    open();
    stream.event(format.reasoning(choice, text, logprobs(choice)));
  }

  @Override
  public void call(int choice, ToolCallEvent part) {
    open();
    String chunk = format.call(choice, part);
    if (chunk != null) {
      stream.event(chunk);
    }
  }

  @Override
  public void promptTokens(int choice, List<TokenText> tokens) {
    choices[choice].promptTokens = tokens;
  }

  @Override
  public void tokens(int choice, List<TokenText> tokens) {
    List<TokenText> all = new ArrayList<>(choices[choice].tokens);
    all.addAll(tokens);
    choices[choice].tokens = all;
  }

  /** The tokens that wait for the choice's next chunk, as JSON. */
  private String logprobs(int choice) {
    Progress progress = choices[choice];
    if (progress.tokens.isEmpty() && progress.promptTokens.isEmpty()) {
      return "null";
    }
    String json = format.logprobs(progress.promptTokens, progress.tokens, progress.textLength);
    progress.promptTokens = List.of();
    progress.tokens = List.of();
    return json;
  }

  @Override
  public void ended(int choice, FinishReason reason) {
    open();
    if (!choices[choice].tokens.isEmpty()) {
      stream.event(format.text(choice, "", logprobs(choice)));
    }
    stream.event(format.end(choice, reason));
  }

  @Override
  public void completed(Usage usage) {
    if (call.includeUsage()) {
      stream.event(format.usage(usage));
    }
    stream.event("[DONE]");
    stream.end();
  }

  @Override
  public void failed(Failure failure) {
    vertx.cancelTimer(headTimer);
    ErrorAnswer error = ErrorAnswer.of(failure);
    if (open) {
      // Some clients look for the name of the event, others into its data.
      stream.frame("event: error\ndata: " + error.json() + "\n\n");
      stream.end();
    } else {
      stream.release();
      error.send(response);
    }
  }

  /** The connection is gone. */
  void closed() {
    vertx.cancelTimer(headTimer);
    stream.release();
  }

  private void open() {
    if (open) {
      return;
    }
    open = true;
    vertx.cancelTimer(headTimer);
    stream.open();
    for (int choice = 0; choice < call.choices(); choice++) {
      String opening = format.opening(choice);
      if (opening != null) {
        stream.event(opening);
      }
    }
  }
}
