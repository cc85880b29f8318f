package io.slinfer.http;

import io.slinfer.gateway.CallTerms;
import io.slinfer.gateway.Gateway;
import io.slinfer.gateway.Generation;
import io.slinfer.gateway.GenerationListener;
import io.slinfer.gateway.GenerationListener.Usage;
import io.slinfer.gateway.GenerationRequest;
import io.slinfer.gateway.TokenText;
import io.slinfer.request.Failure;
import io.slinfer.request.FinishReason;
import io.slinfer.request.RequestId;
import io.slinfer.toolcall.ToolCallEvent;
import java.util.ArrayList;
import java.util.List;

/**
 * All answers to one HTTP request: started together, ended together. If one fails, the others are
 * cancelled and the request fails, once. Confined to the connection's event loop.
 */
final class ChoiceGroup implements LiveAnswer {

  /** Where the choices' texts go. After completed or failed nothing more comes. */
  interface Sink {

    /** A choice's model must be loaded first; before the status. */
    void coldStart();

    /** Every choice will be served. */
    void accepted();

    /** A device has begun with a choice; at most once, before its first text. */
    default void started(int choice, int promptTokens, int cachedTokens) {}

    void text(int choice, String text);

    /** A piece of reasoning, where it is told apart. */
    void reasoning(int choice, String text);

    /** A part of a call of a tool; never Text. */
    void call(int choice, ToolCallEvent part);

    /** The prompt's tokens, where asked for; the echo comes next. */
    default void promptTokens(int choice, List<TokenText> tokens) {}

    /** Tokens of the text that comes next, where asked for. */
    void tokens(int choice, List<TokenText> tokens);

    /** The stop text that ends a choice, just before its end. */
    default void stopText(int choice, String stop) {}

    void ended(int choice, FinishReason reason);

    /** All choices have ended. */
    void completed(Usage usage);

    void failed(Failure failure);
  }

  private final Sink sink;
  private final int promptCount;
  private final List<Generation> generations = new ArrayList<>();
  private final int choices;
  private final Usage[] usages;
  private int accepted;
  private int ended;
  private boolean over;
  private Runnable onEnd = () -> {};

  private ChoiceGroup(GenerationCall call, Sink sink) {
    this.sink = sink;
    this.promptCount = call.prompts().size();
    this.choices = call.candidates();
    this.usages = new Usage[choices];
  }

  /**
   * Starts every choice.
   *
   * @param id choice i is known to devices as id.i
   */
  static ChoiceGroup start(
      Gateway gateway, GenerationCall call, String id, CallTerms terms, Sink sink) {
    ChoiceGroup group = new ChoiceGroup(call, sink);
    long arrivalNanos = System.nanoTime();
    for (int i = 0; i < group.choices && !group.over; i++) {
      GenerationRequest request =
          new GenerationRequest(
              new RequestId(id + "." + i),
              call.model(),
              call.prompts().get(i / call.answer().bestOf()),
              call.limits().maxOutputTokens(),
              call.limits().samplingOf(i),
              call.limits().stop(),
              call.limits().ignoreEos(),
              terms,
              arrivalNanos,
              call.answer().form(),
              call.answer().reading());
      group.generations.add(gateway.start(request, group.new Choice(i)));
    }
    if (group.over) {
      group.generations.forEach(Generation::cancel);
    }
    return group;
  }

  /** The caller is gone: nothing more comes. */
  void cancel() {
    generations.forEach(Generation::cancel);
    end();
  }

  @Override
  public void onEnd(Runnable action) {
    if (over) {
      action.run();
    } else {
      onEnd = action;
    }
  }

  private void end() {
    if (!over) {
      over = true;
      onEnd.run();
    }
  }

  @Override
  public void fail(Failure failure) {
    if (!over) {
      cancel();
      sink.failed(failure);
    }
  }

  /** Prompts count once each, whatever their number of choices. */
  private Usage total() {
    int prompt = 0;
    int cached = 0;
    int output = 0;
    int reasoning = 0;
    int perPrompt = choices / promptCount;
    for (int i = 0; i < choices; i++) {
      output += usages[i].outputTokens();
      reasoning += usages[i].reasoningTokens();
      if (i % perPrompt == 0) {
        prompt += usages[i].promptTokens();
        cached += usages[i].cachedTokens();
      }
    }
    return new Usage(prompt, cached, output, reasoning);
  }

  private final class Choice implements GenerationListener {

    private final int index;

    Choice(int index) {
      this.index = index;
    }

    @Override
    public void onColdStart() {
      if (!over) {
        sink.coldStart();
      }
    }

    @Override
    public void onAccepted() {
      if (++accepted == choices && !over) {
        sink.accepted();
      }
    }

    @Override
    public void onStarted(int promptTokens, int cachedTokens) {
      if (!over) {
        sink.started(index, promptTokens, cachedTokens);
      }
    }

    @Override
    public void onStopText(String stop) {
      if (!over) {
        sink.stopText(index, stop);
      }
    }

    @Override
    public void onText(String text) {
      if (!over) {
        sink.text(index, text);
      }
    }

    @Override
    public void onReasoning(String text) {
      if (!over) {
        sink.reasoning(index, text);
      }
    }

    @Override
    public void onCall(ToolCallEvent part) {
      if (!over) {
        sink.call(index, part);
      }
    }

    @Override
    public void onPromptTokens(List<TokenText> tokens) {
      if (!over) {
        sink.promptTokens(index, tokens);
      }
    }

    @Override
    public void onTokens(List<TokenText> tokens) {
      if (!over) {
        sink.tokens(index, tokens);
      }
    }

    @Override
    public void onFinished(FinishReason reason, Usage usage) {
      if (over) {
        return;
      }
      usages[index] = usage;
      sink.ended(index, reason);
      if (++ended == choices) {
        end();
        sink.completed(total());
      }
    }

    @Override
    public void onFailed(Failure failure) {
      fail(failure);
    }
  }
}
