package io.slinfer.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.load.CallRecord.Outcome;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(VertxExtension.class)
final class LoadClientTest {

  private static final int STAY = PlannedCall.NEVER;

  /**
   * Answers by the model's name: "refuse", "break", "error", "held" (no answer until all calls
   * came), else tokens.
   */
  private static final class FakeServer {

    private final List<HttpServerResponse> held = Collections.synchronizedList(new ArrayList<>());
    private final int heldUntil;
    private final HttpServer server;

    FakeServer(Vertx vertx, int heldUntil) throws Exception {
      this.heldUntil = heldUntil;
      server =
          vertx
              .createHttpServer()
              .requestHandler(
                  request ->
                      request.body().onSuccess(body -> answer(request, body.toJsonObject())));
      server.listen(0, "127.0.0.1").await(10, TimeUnit.SECONDS);
    }

    URI url() {
      return URI.create("http://127.0.0.1:" + server.actualPort());
    }

    private void answer(HttpServerRequest request, JsonObject body) {
      HttpServerResponse response = request.response();
      String model = body.getString("model");
      if (model.equals("refuse")) {
        response.setStatusCode(429).end("{\"error\":{\"message\":\"busy\"}}");
        return;
      }
      response
          .setChunked(true)
          .putHeader("x-slinfer-cold-start", String.valueOf(model.equals("cold")));
      if (model.equals("held")) {
        held.add(response);
        if (held.size() == heldUntil) {
          held.forEach(waiting -> tokens(waiting, 1));
        }
        return;
      }
      if (model.equals("error")) {
        response.end(
            "data: {\"choices\":[{\"text\":\"x\",\"finish_reason\":null}]}\n\ndata: {\"error\":{\"message\":\"lost\"}}\n\n");
        return;
      }
      if (model.equals("break")) {
        response.write("data: {\"choi").onComplete(written -> request.connection().close());
        return;
      }
      tokens(response, body.getInteger("max_tokens"));
    }

    private static void tokens(HttpServerResponse response, int count) {
      StringBuilder text = new StringBuilder(": ping\n\n");
      for (int i = 0; i < count; i++) {
        text.append(
            "data: {\"choices\":[{\"text\":\"ä\",\"finish_reason\":null}],\"usage\":null}\n\n");
      }
      text.append("data: {\"choices\":[{\"text\":\"\",\"finish_reason\":\"length\"}]}\n\n");
      text.append("data: {\"choices\":[],\"usage\":{\"completion_tokens\":")
          .append(count)
          .append("}}\n\n");
      response.end(text.append("data: [DONE]\n\n").toString());
    }
  }

  private static List<CallRecord> run(Vertx vertx, FakeServer server, List<PlannedCall> plan)
      throws Exception {
    try (LoadClient client = new LoadClient(vertx, new LoadClient.Target(server.url(), "", 1, 9))) {
      return client.run(plan, 1).await(20, TimeUnit.SECONDS);
    }
  }

  @Test
  void countsTokensAndTellsColdFromWarm(Vertx vertx) throws Exception {
    FakeServer server = new FakeServer(vertx, 0);
    List<CallRecord> records =
        run(
            vertx,
            server,
            List.of(
                new PlannedCall("warm", 0, 4, 3, STAY), new PlannedCall("cold", 0, 4, 5, STAY)));
    assertEquals(3, records.get(0).tokenNanos().length);
    assertEquals(5, records.get(1).outputTokens());
    assertEquals(List.of(false, true), records.stream().map(CallRecord::coldStart).toList());
    assertTrue(new LoadSlo(60, 60, 60).met(records.get(0)));
  }

  @Test
  void refusalsErrorsAndBrokenConnectionsAreMisses(Vertx vertx) throws Exception {
    FakeServer server = new FakeServer(vertx, 0);
    List<PlannedCall> plan =
        List.of("refuse", "error", "break").stream()
            .map(model -> new PlannedCall(model, 0, 1, 1, STAY))
            .toList();
    List<CallRecord> records = run(vertx, server, plan);
    assertEquals(
        List.of(Outcome.REFUSED, Outcome.FAILED, Outcome.FAILED),
        records.stream().map(CallRecord::outcome).toList());
    assertEquals("lost", records.get(1).error());
    LoadSummary summary = LoadSummary.of(records, LoadSlo.DEFAULT, 0.1, 0);
    assertEquals(0.0, summary.figures().get("slo_rate"));
    assertEquals(3L, summary.figures().get("failed"));
  }

  @Test
  void hangsUpAfterTheTokensPlanned(Vertx vertx) throws Exception {
    FakeServer server = new FakeServer(vertx, 0);
    List<CallRecord> records = run(vertx, server, List.of(new PlannedCall("warm", 0, 1, 50, 7)));
    assertEquals(Outcome.DISCONNECTED, records.get(0).outcome());
    assertEquals(8, records.get(0).tokenNanos().length);
  }

  @Test
  void sendsOnWhileEarlierCallsAreUnanswered(Vertx vertx) throws Exception {
    int calls = 40;
    FakeServer server = new FakeServer(vertx, calls);
    List<PlannedCall> plan =
        Collections.nCopies(calls, new PlannedCall("held", 1_000_000, 1, 1, STAY));
    List<CallRecord> records = run(vertx, server, plan);
    assertTrue(records.stream().allMatch(record -> record.outcome() == Outcome.COMPLETED));
    assertEquals(
        calls,
        LoadSummary.of(records, LoadSlo.DEFAULT, 0, 0).figures().get("max_concurrent_requests"));
  }

  @Test
  void theReportNamesEveryModel(Vertx vertx) throws Exception {
    FakeServer server = new FakeServer(vertx, 0);
    List<CallRecord> records = run(vertx, server, List.of(new PlannedCall("warm", 0, 4, 3, STAY)));
    String html = LoadReport.html(LoadSummary.of(records, LoadSlo.DEFAULT, 0.1, 0), "http://x");
    assertTrue(html.contains("<td>warm</td>"));
    assertTrue(html.contains("request_goodput"));
  }
}
