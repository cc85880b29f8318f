package io.slinfer.load;

import io.slinfer.load.CallRecord.Outcome;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.util.Arrays;

/**
 * One call from sending to its end: notes when tokens come. Confined to the client's event loop.
 */
final class CallInFlight {

  private final PlannedCall planned;
  private final long startNanos;
  private final long sentNanos;
  private final Promise<CallRecord> ended = Promise.promise();
  private long[] tokenNanos = new long[16];
  private int tokens;
  private int usageTokens = -1;
  private int status;
  private boolean coldStart;
  private boolean finished;

  CallInFlight(PlannedCall planned, long startNanos) {
    this.planned = planned;
    this.startNanos = startNanos;
    this.sentNanos = now();
  }

  Future<CallRecord> record() {
    return ended.future();
  }

  void broken(Throwable failure) {
    end(Outcome.FAILED, String.valueOf(failure.getMessage()));
  }

  /** Too much at once is a refusal; any other status is an error. */
  private static Outcome refusal(int status) {
    return status == 429 || status == 503 ? Outcome.REFUSED : Outcome.FAILED;
  }

  void answered(HttpClientResponse response) {
    status = response.statusCode();
    coldStart = "true".equals(response.getHeader("x-slinfer-cold-start"));
    if (status != 200) {
      response
          .body()
          .onSuccess(body -> end(refusal(status), shortened(body)))
          .onFailure(this::broken);
      return;
    }
    SseReader reader = new SseReader(data -> onData(data, response));
    response.exceptionHandler(this::broken);
    response.endHandler(end -> end(Outcome.FAILED, "the stream ended without [DONE]"));
    response.handler(
        bytes -> {
          try {
            reader.feed(bytes);
          } catch (IllegalStateException | DecodeException malformed) {
            broken(malformed);
            response.request().reset();
          }
        });
  }

  private void onData(String data, HttpClientResponse response) {
    if (finished) {
      return;
    }
    if (data.startsWith("[DONE]")) {
      end(Outcome.COMPLETED, "");
      return;
    }
    JsonObject event = new JsonObject(data);
    if (event.getJsonObject("error") != null) {
      end(Outcome.FAILED, event.getJsonObject("error").getString("message", data));
      return;
    }
    if (event.getJsonObject("usage") != null) {
      usageTokens = event.getJsonObject("usage").getInteger("completion_tokens");
    }
    boolean isToken =
        !event.getJsonArray("choices").isEmpty()
            && event.getJsonArray("choices").getJsonObject(0).getString("finish_reason") == null;
    if (isToken) {
      addToken();
    }
    if (tokens > planned.disconnectAfterTokens()) {
      end(Outcome.DISCONNECTED, "");
      response.request().reset();
    }
  }

  private void addToken() {
    if (tokens == tokenNanos.length) {
      tokenNanos = Arrays.copyOf(tokenNanos, tokens * 2);
    }
    tokenNanos[tokens++] = now();
  }

  private void end(Outcome outcome, String error) {
    if (finished) {
      return;
    }
    finished = true;
    ended.complete(
        new CallRecord(
            planned,
            sentNanos,
            Arrays.copyOf(tokenNanos, tokens),
            now(),
            usageTokens >= 0 ? usageTokens : tokens,
            outcome,
            status,
            coldStart,
            error));
  }

  private long now() {
    return System.nanoTime() - startNanos;
  }

  private static String shortened(Buffer body) {
    String text = body.toString();
    return text.length() > 300 ? text.substring(0, 300) : text;
  }
}
