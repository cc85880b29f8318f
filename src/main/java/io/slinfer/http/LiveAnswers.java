package io.slinfer.http;

import io.slinfer.request.Failure;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * The generations under way on one event loop: none takes longer than the settings allow, and when
 * the server stops they are waited for. Confined to the event loop.
 */
final class LiveAnswers {

  private static final long RETRY_MILLIS = 1_000;

  private final Vertx vertx;
  private final long timeoutMillis;
  private final Set<LiveAnswer> groups = new LinkedHashSet<>();
  private final Promise<Void> drained = Promise.promise();
  private boolean draining;

  /**
   * @param timeoutMillis how long a generation may take from start to end
   */
  LiveAnswers(Vertx vertx, long timeoutMillis) {
    this.vertx = vertx;
    this.timeoutMillis = timeoutMillis;
  }

  /** Whether new work is refused. */
  boolean draining() {
    return draining;
  }

  /** Why new work is refused. */
  static Failure stopping() {
    return new Failure.Unavailable("The server is stopping.", "draining", RETRY_MILLIS);
  }

  /** Takes care of a generation until it ends. */
  void add(LiveAnswer group) {
    groups.add(group);
    long timer = vertx.setTimer(timeoutMillis, fired -> group.fail(timeout()));
    group.onEnd(
        () -> {
          vertx.cancelTimer(timer);
          groups.remove(group);
          completeWhenEmpty();
        });
  }

  int size() {
    return groups.size();
  }

  /** From now on new work is refused; completes when there is none left. */
  Future<Void> drain() {
    draining = true;
    completeWhenEmpty();
    return drained.future();
  }

  /** Ends what is under way, telling its callers why. */
  void stop() {
    List.copyOf(groups)
        .forEach(
            group ->
                group.fail(
                    new Failure.Unavailable(
                        "The server stopped before this answer was complete.",
                        "draining",
                        RETRY_MILLIS)));
  }

  private void completeWhenEmpty() {
    if (draining && groups.isEmpty()) {
      drained.tryComplete();
    }
  }

  private Failure timeout() {
    return new Failure.Unavailable(
        "The answer was not complete after "
            + TimeUnit.MILLISECONDS.toSeconds(timeoutMillis)
            + " s (http.request-timeout).",
        "request_timeout",
        RETRY_MILLIS);
  }
}
