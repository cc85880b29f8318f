package io.slinfer.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.slinfer.config.ApiKey;
import io.slinfer.config.HttpSettings;
import io.slinfer.gateway.CallTerms;
import io.slinfer.gateway.Gateway;
import io.slinfer.http.AnswerFormat.Envelope;
import io.slinfer.metrics.ServingMeters;
import io.slinfer.request.Failure;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A POST that generates: reads the body, starts the choices, answers whole or as a stream. */
final class GenerationRoute implements Handler<RoutingContext> {

  private static final Logger LOG = LoggerFactory.getLogger(GenerationRoute.class);

  /** One kind of endpoint. */
  enum Endpoint {
    CHAT("chatcmpl-", ChatRequests::read, ChatFormat::new),
    TEXT("cmpl-", TextRequests::read, TextFormat::new);

    private final String idPrefix;
    private final Function<JsonNode, GenerationCall> reader;
    private final Function<Envelope, AnswerFormat> format;

    Endpoint(
        String idPrefix,
        Function<JsonNode, GenerationCall> reader,
        Function<Envelope, AnswerFormat> format) {
      this.idPrefix = idPrefix;
      this.reader = reader;
      this.format = format;
    }
  }

  private final Endpoint endpoint;
  private final Gateway gateway;
  private final LiveAnswers live;
  private final HttpSettings settings;
  private final ServingMeters meters;
  private final String fingerprint;

  /**
   * @param fingerprint {@code system_fingerprint} of the answers: which engine made them
   */
  GenerationRoute(
      Endpoint endpoint,
      Gateway gateway,
      LiveAnswers live,
      HttpSettings settings,
      ServingMeters meters,
      String fingerprint) {
    this.endpoint = endpoint;
    this.gateway = gateway;
    this.live = live;
    this.settings = settings;
    this.meters = meters;
    this.fingerprint = fingerprint;
  }

  @Override
  public void handle(RoutingContext routing) {
    HttpServerResponse response = routing.response();
    JsonBody.read(routing, endpoint.reader)
        .onSuccess(
            call -> {
              if (!response.closed()) {
                serve(routing, call);
              }
            })
        .onFailure(
            failure -> {
              if (failure instanceof BadRequest refusal) {
                meters.refused("invalid");
                ErrorAnswer.of(refusal.failure()).send(response);
              } else {
                LOG.error("reading a request failed", failure);
                ErrorAnswer.of(new Failure.Internal("reading the request failed")).send(response);
              }
            });
  }

  private void serve(RoutingContext routing, GenerationCall call) {
    HttpServerResponse response = routing.response();
    Optional<ApiKey> key = KeyGate.of(routing);
    if (key.isPresent() && !key.get().mayCall(call.model().value())) {
      ErrorAnswer.refusal(
              403,
              "This API key may not call the model `" + call.model() + "`.",
              "model_not_allowed")
          .about("model")
          .send(response);
      return;
    }
    CallTerms caller;
    try {
      caller = Terms.of(routing.request(), key, call);
    } catch (BadRequest refusal) {
      meters.refused("invalid");
      ErrorAnswer.of(refusal.failure()).send(response);
      return;
    }
    String id = Ids.next(endpoint.idPrefix);
    AnswerFormat format =
        endpoint.format.apply(
            new Envelope(
                id,
                System.currentTimeMillis() / 1_000,
                call.model().value(),
                fingerprint,
                call.includeUsage()));
    if (call.stream()) {
      stream(routing, call, id, caller, format);
    } else {
      WholeAnswer answer = new WholeAnswer(response, format, call);
      ChoiceGroup group = ChoiceGroup.start(gateway, call, id, caller, answer);
      live.add(group);
      onClose(response, group::cancel);
    }
  }

  private void stream(
      RoutingContext routing,
      GenerationCall call,
      String id,
      CallTerms caller,
      AnswerFormat format) {
    HttpServerResponse response = routing.response();
    ChoiceGroup[] group = new ChoiceGroup[1];
    SseStream events =
        new SseStream(routing.vertx(), response, settings, meters, () -> group[0].cancel());
    StreamedAnswer answer =
        new StreamedAnswer(
            routing.vertx(), response, format, call, events, settings.heartbeatMillis());
    group[0] = ChoiceGroup.start(gateway, call, id, caller, answer);
    live.add(group[0]);
    onClose(
        response,
        () -> {
          group[0].cancel();
          answer.closed();
        });
  }

  /** A close, and also the error of a write to a closed connection. */
  static void onClose(HttpServerResponse response, Runnable action) {
    // A refusal may have been the whole answer already; such a response takes no handlers.
    if (response.ended()) {
      return;
    }
    response.closeHandler(nothing -> action.run());
    response.exceptionHandler(failure -> action.run());
  }
}
