package io.slinfer.http;

import io.slinfer.gateway.GenerationListener.Usage;
import io.slinfer.request.Failure;
import io.slinfer.request.FinishReason;
import io.vertx.core.http.HttpServerResponse;
import java.util.ArrayList;
import java.util.List;

/** Collects the choices and answers with one JSON object. Confined to the event loop. */
final class WholeAnswer implements ChoiceGroup.Sink {

  private final HttpServerResponse response;
  private final AnswerFormat format;
  private final List<StringBuilder> texts = new ArrayList<>();
  private final FinishReason[] reasons;

  WholeAnswer(HttpServerResponse response, AnswerFormat format, int choices) {
    this.response = response;
    this.format = format;
    this.reasons = new FinishReason[choices];
    for (int i = 0; i < choices; i++) {
      texts.add(new StringBuilder());
    }
  }

  @Override
  public void accepted() {
    // The status is only known at the end.
  }

  @Override
  public void text(int choice, String text) {
    texts.get(choice).append(text);
  }

  @Override
  public void ended(int choice, FinishReason reason) {
    reasons[choice] = reason;
  }

  @Override
  public void completed(Usage usage) {
    List<AnswerFormat.Choice> choices = new ArrayList<>();
    for (int i = 0; i < reasons.length; i++) {
      choices.add(new AnswerFormat.Choice(texts.get(i).toString(), reasons[i]));
    }
    response.putHeader("content-type", "application/json").end(format.whole(choices, usage));
  }

  @Override
  public void failed(Failure failure) {
    ErrorAnswer.of(failure).send(response);
  }
}
