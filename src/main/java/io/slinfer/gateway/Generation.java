package io.slinfer.gateway;

import io.slinfer.metrics.ModelMeters;
import io.slinfer.model.tokenizer.Tokenizer;
import io.slinfer.model.tokenizer.Tokenizer.TokenStream;
import io.slinfer.node.TokenEvent;
import io.slinfer.request.Failure;
import io.slinfer.request.FinishReason;
import io.slinfer.request.RequestId;
import io.slinfer.request.Slo;
import io.slinfer.request.TokenDraw;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

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
  private Tokenizer tokenizer;
  private TokenStream text;
  private StopTexts stops;
  private AnswerReader reader;
  private int[] prompt;
  private int cachedTokens;
  private int outputTokens;
  private int reasoningTokens;
  private long firstTokenNanos;
  private long lastTokenNanos;

  /** Tokens to be told with the next text. */
  private List<TokenText> untold = List.of();

  /**
   * What a generation starts with on a device.
   *
   * @param insideReasoning whether its answer begins within the model's reasoning
   */
  record Start(int[] prompt, ModelText text, boolean insideReasoning) {}

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
  void submitted(Start start, ModelMeters modelMeters) {
    meters = modelMeters;
    state = State.SUBMITTED;
    prompt = start.prompt();
    tokenizer = start.text().tokenizer();
    AnswerStyle style = start.text().style();
    text = tokenizer.stream(style.shownControls(request.reading())::get);
    stops = new StopTexts(request.stop());
    reader = AnswerReader.of(listener, request, style, start.insideReasoning());
  }

  void onEvent(TokenEvent event) {
    if (ended()) {
      return;
    }
    switch (event) {
      case TokenEvent.Accepted accepted -> {
        if (accepted.loading()) {
          listener.onColdStart();
        }
        listener.onAccepted();
      }
      case TokenEvent.Started started -> {
        cachedTokens = started.cachedTokens();
        listener.onStarted(prompt.length, cachedTokens);
        if (request.reading().echo() && !request.sampling().scoresPrompt()) {
          listener.onText(promptText());
        }
      }
      case TokenEvent.Scored scored -> {
        listener.onPromptTokens(promptTokens(scored.tokens()));
        listener.onText(promptText());
      }
      case TokenEvent.Token token -> onToken(token);
      case TokenEvent.Finished finished -> onFinished(finished);
      case TokenEvent.Failed failed -> fail(failed.failure());
    }
  }

  void fail(Failure failure) {
    boolean known = state == State.SUBMITTED || failure instanceof Failure.Overloaded;
    if (known
        && (failure instanceof Failure.Overloaded
            || failure instanceof Failure.Unattainable
            || failure instanceof Failure.Unavailable)) {
      gateway.countRefusal(request);
    }
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
    if (token.draw().embedding() != null) {
      listener.onEmbedding(token.draw().embedding());
      return;
    }
    if (request.reading().promptOnly()) {
      return;
    }
    if (request.reading().tokens()) {
      tell(token.draw());
    }
    emit(stops.next(text.next(token.token())));
    reasoningTokens += reader.inReasoning() ? 1 : 0;
    if (stops.found()) {
      gateway.cancelOnDevice(id());
      reader.end(true);
      listener.onStopText(stops.foundText());
      finish(FinishReason.STOP);
    } else if (reader.wholeCalls() > 0 && !request.reading().parallel()) {
      gateway.cancelOnDevice(id());
      finish(FinishReason.STOP);
    }
  }

  private void tell(TokenDraw draw) {
    if (untold.isEmpty()) {
      untold = new ArrayList<>();
    }
    untold.add(told(draw));
  }

  /** A prompt's tokens as its text has them: without a beginning that was put before the text. */
  private List<TokenText> promptTokens(List<TokenDraw> scores) {
    List<TokenText> tokens = new ArrayList<>(prompt.length);
    boolean added =
        request.prompt() instanceof Prompt.Text(String plain)
            && prompt[0] == tokenizer.beginOfSequence()
            && !plain.startsWith(tokenizer.written(prompt[0]));
    if (!added) {
      tokens.add(told(prompt[0], Float.NaN, List.of()));
    }
    scores.forEach(score -> tokens.add(told(score)));
    return tokens;
  }

  private TokenText told(TokenDraw draw) {
    List<TokenText> likeliest =
        draw.likeliest().stream()
            .map(likely -> told(likely.token(), likely.logProbability(), List.of()))
            .toList();
    return told(draw.token(), draw.logProbability(), likeliest);
  }

  private TokenText told(int token, float logProbability, List<TokenText> likeliest) {
    byte[] written =
        token < tokenizer.vocabularySize() ? tokenizer.piece(token, true) : new byte[0];
    return new TokenText(written, logProbability, likeliest);
  }

  private String promptText() {
    return switch (request.prompt()) {
      case Prompt.Text(String plain) -> plain;
      case Prompt.Infill(String before, String _) -> before;
      case Prompt.Chat _, Prompt.Tokens _, Prompt.Beginning _ ->
          new String(tokenizer.decode(prompt, false), StandardCharsets.UTF_8);
    };
  }

  private void onFinished(TokenEvent.Finished finished) {
    // One that ended the generation was counted, not told.
    int untoldTokens = finished.usage().generatedTokens() - outputTokens;
    if (untoldTokens < 0 || untoldTokens > 1) {
      fail(new Failure.Internal("the end came, but " + untoldTokens + " tokens before it did not"));
      return;
    }
    outputTokens = finished.usage().generatedTokens();
    // A character that the limit cut off might have become whole.
    boolean cut = finished.reason() == FinishReason.LENGTH;
    String rest = stops.next(cut ? "" : text.end());
    if (!stops.found()) {
      rest += stops.end();
    }
    emit(rest);
    reader.end(cut || stops.found());
    tellTokens();
    if (stops.found()) {
      listener.onStopText(stops.foundText());
    }
    finish(stops.found() ? FinishReason.STOP : finished.reason());
  }

  private void emit(String piece) {
    if (!piece.isEmpty()) {
      tellTokens();
      reader.read(piece);
    }
  }

  private void tellTokens() {
    if (!untold.isEmpty()) {
      listener.onTokens(untold);
      untold = List.of();
    }
  }

  private void finish(FinishReason reason) {
    state = State.ENDED;
    boolean calls = reason == FinishReason.STOP && reader.wholeCalls() > 0;
    FinishReason told = calls ? FinishReason.TOOL_CALLS : reason;
    int toldTokens = outputTokens;
    if (request.reading().promptOnly()) {
      told = FinishReason.LENGTH;
      toldTokens = 0;
    }
    judge();
    meters.served(told, prompt.length, outputTokens, gateway.nanoTime() - request.arrivalNanos());
    listener.onFinished(
        told,
        new GenerationListener.Usage(prompt.length, cachedTokens, toldTokens, reasoningTokens));
  }

  /** Whether it kept what its caller asked for, without grace for a cold start. */
  private void judge() {
    Slo slo = gateway.promise(request, prompt.length);
    long first = firstTokenNanos - request.arrivalNanos();
    long decoding = lastTokenNanos - firstTokenNanos;
    boolean met =
        outputTokens > 0
            && first <= slo.timeToFirstTokenNanos()
            && decoding <= slo.timePerOutputTokenNanos() * Math.max(0, outputTokens - 1);
    meters.judged(met);
    if (request.terms().keyed()) {
      gateway.judgedForCaller(request.terms().caller(), met ? "met" : "missed");
    }
  }

  private void measure(long nowNanos) {
    if (outputTokens == 0) {
      firstTokenNanos = nowNanos;
      meters.firstToken(nowNanos - request.arrivalNanos());
    } else {
      meters.nextToken(nowNanos - lastTokenNanos);
    }
    lastTokenNanos = nowNanos;
  }
}
