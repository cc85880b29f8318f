package io.slinfer.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.slinfer.config.HttpSettings;
import io.slinfer.gateway.CallTerms;
import io.slinfer.gateway.Gateway;
import io.slinfer.metrics.ServingMeters;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;

/** A POST that generates one answer, asked for in another API's way. */
final class DialectRoute implements Handler<RoutingContext> {

  private final ChatDialect dialect;
  private final Gateway gateway;
  private final LiveAnswers live;
  private final HttpSettings settings;
  private final ServingMeters meters;

  private record Read(JsonNode body, GenerationCall call, CallTerms terms) {}

  DialectRoute(
      ChatDialect dialect,
      Gateway gateway,
      LiveAnswers live,
      HttpSettings settings,
      ServingMeters meters) {
    this.live = live;
    this.dialect = dialect;
    this.gateway = gateway;
    this.settings = settings;
    this.meters = meters;
  }

  @Override
  public void handle(RoutingContext routing) {
    long arrivalNanos = System.nanoTime();
    Caller caller = Caller.of(routing);
    JsonBody.read(
            routing,
            body -> {
              GenerationCall call = dialect.read(body);
              caller.require(call.model());
              return new Read(body, call, Terms.of(routing.request(), caller.key(), call));
            })
        .onSuccess(
            read -> {
              if (!routing.response().closed()) {
                serve(routing, read, arrivalNanos);
              }
            })
        .onFailure(failure -> Routes.refuse(routing, failure, meters));
  }

  private void serve(RoutingContext routing, Read read, long arrivalNanos) {
    GenerationCall call = read.call();
    String id = Ids.next(dialect.idPrefix());
    AnswerWriter writer =
        dialect.writer(
            read.body(),
            new ChatDialect.Heading(
                id, System.currentTimeMillis(), arrivalNanos, call.model().value()));
    ChoiceGroup[] group = new ChoiceGroup[1];
    HttpServerResponse response = routing.response();
    SseStream stream =
        call.stream()
            ? new SseStream(routing.vertx(), response, settings, meters, () -> group[0].cancel())
            : null;
    DialectAnswer answer =
        new DialectAnswer(
            routing, dialect.streamType(), writer, stream, settings.heartbeatMillis());
    group[0] = ChoiceGroup.start(gateway, call, id, read.terms(), answer);
    live.add(group[0]);
    Runnable gone =
        () -> {
          group[0].cancel();
          answer.closed();
        };
    GenerationRoute.onClose(response, gone);
  }
}
