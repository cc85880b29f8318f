package io.slinfer.gateway;

import io.slinfer.metrics.ModelMeters;
import io.slinfer.model.tokenizer.Tokenizer.TokenStream;
import io.slinfer.node.TokenEvent;
import io.slinfer.request.Failure;
import io.slinfer.request.FinishReason;
import io.slinfer.request.RequestId;

/**
 * One generation on its way: device events in, text out. It keeps the count of tokens so far, so a
 * gap or a repeat is noticed. Confined to its gateway's event loop.
 */
public final class Generation {

  /** Where a generation stands. */
  private enum State {
    /** Reading the model's tokenizer or the prompt; no device knows of it. */
    PREPARING,
    /** A device has it. */
    SUBMITTED,
    /** Its listener was told the end, or cancelled it. */
    ENDED
  }

  private final Gateway gateway;
  private final GenerationRequest request;
  private final GenerationListener listener;
  private State state = State.PREPARING;
  private ModelMeters meters;
  private TokenStream text;
  private StopTexts stops;
  private int promptTokens;
  private int cachedTokens;
  private int outputTokens;
  private long lastTokenNanos;

  Generation(Gateway gateway, GenerationRequest request, GenerationListener listener) {
    this.gateway = gateway;
    this.request = request;
    this.listener = listener;
  }

  /** Ends it without a word to the listener; a step that includes it may still be in flight. */
  public void cancel() {
    if (state == State.SUBMITTED) {
      gateway.cancelOnDevice(id());
    }
    state = State.ENDED;
  }

  RequestId id() {
    return request.id();
  }

  GenerationRequest request() {
    return request;
  }

  boolean ended() {
    return state == State.ENDED;
  }

  /** A device takes it from here. */
  void submitted(int promptLength, TokenStream textStream, ModelMeters modelMeters) {
    meters = modelMeters;
    state = State.SUBMITTED;
    promptTokens = promptLength;
    text = textStream;
    stops = new StopTexts(request.stop());
  }

  void onEvent(TokenEvent event) {
    if (ended()) {
      return;
    }
    switch (event) {
      case TokenEvent.Accepted _ -> listener.onAccepted();
      case TokenEvent.Started started -> {
        cachedTokens = started.cachedTokens();
        listener.onStarted(promptTokens, cachedTokens);
      }
      case TokenEvent.Token token -> onToken(token);
      case TokenEvent.Finished finished -> onFinished(finished);
      case TokenEvent.Failed failed -> fail(failed.failure());
    }
  }

  void fail(Failure failure) {
    state = State.ENDED;
    gateway.refused(failure);
    listener.onFailed(failure);
  }

  private void onToken(TokenEvent.Token token) {
    if (token.index() != outputTokens) {
      gateway.cancelOnDevice(id());
      fail(
          new Failure.Internal(
              "token " + outputTokens + " was due, but token " + token.index() + " came"));
      return;
    }
    measure(gateway.nanoTime());
    outputTokens++;
    emit(stops.next(text.next(token.token())));
    if (stops.found()) {
      gateway.cancelOnDevice(id());
      listener.onStopText(stops.foundText());
      finish(FinishReason.STOP);
    }
  }

  private void onFinished(TokenEvent.Finished finished) {
    outputTokens = finished.usage().generatedTokens();
    String rest = stops.next(text.end());
    if (!stops.found()) {
      rest += stops.end();
    }
    emit(rest);
    if (stops.found()) {
      listener.onStopText(stops.foundText());
    }
    finish(stops.found() ? FinishReason.STOP : finished.reason());
  }

  private void emit(String piece) {
    if (!piece.isEmpty()) {
      listener.onText(piece);
    }
  }

  private void finish(FinishReason reason) {
    state = State.ENDED;
    meters.served(reason, promptTokens, outputTokens, gateway.nanoTime() - request.arrivalNanos());
    listener.onFinished(
        reason, new GenerationListener.Usage(promptTokens, cachedTokens, outputTokens));
  }

  private void measure(long nowNanos) {
    if (outputTokens == 0) {
      meters.firstToken(nowNanos - request.arrivalNanos());
    } else {
      meters.nextToken(nowNanos - lastTokenNanos);
    }
    lastTokenNanos = nowNanos;
  }
}
