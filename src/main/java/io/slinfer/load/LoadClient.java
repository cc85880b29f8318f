package io.slinfer.load;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Plays a plan against an endpoint, open loop: each call is sent at its time, whatever became of
 * the others. Prompts are random token ids sent to {@code /v1/completions}, so that their length is
 * exact for any tokenizer and no two share a prefix.
 */
public final class LoadClient implements AutoCloseable {

  private static final int MAX_CONNECTIONS = 8192;

  private final Vertx vertx;
  private final HttpClient client;
  private final Target target;

  /**
   * Where the load goes.
   *
   * @param url of the server, without {@code /v1}
   * @param apiKey sent as a bearer token; "" sends none
   * @param lowestToken prompts draw their ids from here ...
   * @param highestToken ... to here, inclusive
   */
  public record Target(URI url, String apiKey, int lowestToken, int highestToken) {

    public Target {
      if (lowestToken < 0 || highestToken < lowestToken) {
        throw new IllegalArgumentException(
            "token range " + lowestToken + " to " + highestToken + " is empty");
      }
    }
  }

  public LoadClient(Vertx vertx, Target target) {
    this.vertx = vertx;
    this.target = target;
    URI url = target.url();
    boolean tls = "https".equals(url.getScheme());
    int port = url.getPort() > 0 ? url.getPort() : tls ? 443 : 80;
    HttpClientOptions options =
        new HttpClientOptions()
            .setDefaultHost(url.getHost())
            .setDefaultPort(port)
            .setSsl(tls)
            .setKeepAlive(true)
            .setConnectTimeout(10_000);
    client = vertx.createHttpClient(options, new PoolOptions().setHttp1MaxSize(MAX_CONNECTIONS));
  }

  /** The ids that {@code /v1/models} lists, in its order. */
  public Future<List<String>> models() {
    return client
        .request(HttpMethod.GET, "/v1/models")
        .compose(
            request -> {
              authorize(request.headers());
              return request.send();
            })
        .compose(response -> response.body())
        .map(
            body ->
                body.toJsonObject().getJsonArray("data").stream()
                    .map(model -> ((JsonObject) model).getString("id"))
                    .toList());
  }

  /**
   * Sends every call at its time; completes when the last has ended, with one record for each, in
   * the plan's order.
   */
  public Future<List<CallRecord>> run(List<PlannedCall> plan, long seed) {
    Promise<List<CallRecord>> done = Promise.promise();
    CallRecord[] records = new CallRecord[plan.size()];
    AtomicInteger open = new AtomicInteger(plan.size());
    if (plan.isEmpty()) {
      return Future.succeededFuture(List.of());
    }
    vertx
        .getOrCreateContext()
        .runOnContext(
            start -> {
              long startNanos = System.nanoTime();
              for (int i = 0; i < plan.size(); i++) {
                int index = i;
                PlannedCall planned = plan.get(i);
                Runnable send =
                    () ->
                        call(planned, startNanos, seed + index)
                            .onSuccess(
                                record -> {
                                  records[index] = record;
                                  if (open.decrementAndGet() == 0) {
                                    done.complete(List.of(records));
                                  }
                                });
                long delayMillis = planned.atNanos() / 1_000_000;
                if (delayMillis < 1) {
                  send.run();
                } else {
                  vertx.setTimer(delayMillis, timer -> send.run());
                }
              }
            });
    return done.future();
  }

  @Override
  public void close() {
    client.close();
  }

  private Future<CallRecord> call(PlannedCall planned, long startNanos, long seed) {
    CallInFlight call = new CallInFlight(planned, startNanos);
    RequestOptions options =
        new RequestOptions().setMethod(HttpMethod.POST).setURI("/v1/completions");
    options.putHeader("content-type", "application/json");
    authorize(options.getHeaders());
    client
        .request(options)
        .onSuccess(
            request -> {
              request.response().onSuccess(call::answered).onFailure(call::broken);
              request.exceptionHandler(call::broken);
              request.end(body(planned, seed).toBuffer());
            })
        .onFailure(call::broken);
    return call.record();
  }

  private void authorize(io.vertx.core.MultiMap headers) {
    if (!target.apiKey().isEmpty()) {
      headers.set("authorization", "Bearer " + target.apiKey());
    }
  }

  private JsonObject body(PlannedCall planned, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    JsonArray prompt = new JsonArray();
    for (int i = 0; i < planned.promptTokens(); i++) {
      prompt.add(random.nextInt(target.lowestToken(), target.highestToken() + 1));
    }
    return new JsonObject()
        .put("model", planned.model())
        .put("prompt", prompt)
        .put("max_tokens", planned.outputTokens())
        .put("temperature", 0)
        .put("ignore_eos", true)
        .put("stream", true)
        .put("stream_options", new JsonObject().put("include_usage", true));
  }
}
