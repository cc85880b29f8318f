package io.slinfer.http;

import io.slinfer.gateway.GenerationListener.Usage;
import io.slinfer.gateway.TokenText;
import io.slinfer.request.Failure;
import io.slinfer.request.FinishReason;
import io.slinfer.toolcall.ToolCallEvent;
import io.vertx.core.http.HttpServerResponse;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Collects the answers and sends one JSON object with the best of them. Confined to the event loop.
 */
final class WholeAnswer implements ChoiceGroup.Sink {

  private final HttpServerResponse response;
  private final AnswerFormat format;
  private final GenerationCall call;
  private final List<CollectedChoice> answers = new ArrayList<>();

  WholeAnswer(HttpServerResponse response, AnswerFormat format, GenerationCall call) {
    this.response = response;
    this.format = format;
    this.call = call;
    for (int i = 0; i < call.candidates(); i++) {
      answers.add(new CollectedChoice());
    }
  }

  @Override
  public void coldStart() {
    CommonHeaders.markColdStart(response);
  }

  @Override
  public void accepted() {
    // The status is only known at the end.
  }

  @Override
  public void text(int choice, String text) {
    answers.get(choice).text(text);
  }

  @Override
  public void reasoning(int choice, String text) {
    answers.get(choice).reasoning(text);
  }

  @Override
  public void call(int choice, ToolCallEvent part) {
    answers.get(choice).call(part);
  }

  @Override
  public void promptTokens(int choice, List<TokenText> tokens) {
    answers.get(choice).promptTokens(tokens);
  }

  @Override
  public void tokens(int choice, List<TokenText> tokens) {
    answers.get(choice).tokens(tokens);
  }

  @Override
  public void ended(int choice, FinishReason reason) {
    answers.get(choice).ended(reason);
  }

  @Override
  public void completed(Usage usage) {
    List<AnswerFormat.Choice> choices = new ArrayList<>();
    int bestOf = call.answer().bestOf();
    for (int first = 0; first < answers.size(); first += bestOf) {
      best(answers.subList(first, first + bestOf))
          .forEach(answer -> choices.add(answer.finished(format, call.answer().logprobs())));
    }
    response.putHeader("content-type", "application/json").end(format.whole(choices, usage));
  }

  /** Of the answers to one prompt the n likeliest a token, the likeliest first. */
  private List<CollectedChoice> best(List<CollectedChoice> all) {
    return all.size() == call.n()
        ? all
        : all.stream()
            .sorted(Comparator.comparingDouble(CollectedChoice::meanLogProbability).reversed())
            .limit(call.n())
            .toList();
  }

  @Override
  public void failed(Failure failure) {
    ErrorAnswer.of(failure).send(response);
  }
}
