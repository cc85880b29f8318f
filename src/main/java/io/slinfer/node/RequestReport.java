package io.slinfer.node;

import io.slinfer.request.InstanceId;
import io.slinfer.request.ModelId;
import io.slinfer.request.RequestId;
import io.slinfer.request.RequestLife;
import io.slinfer.request.RequestState;
import io.slinfer.scheduler.Instance;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How a request stands.
 *
 * @param phase queued, loading, prefill, decode or paused; cancelled while its last step runs
 * @param slackNanos time until its next token is late, below 0 when it is; empty if nothing is
 *     promised yet
 * @param caller API key or {@code user}; may be empty
 * @param instance where it is; empty while it is queued
 * @param evictions how often it lost its place
 */
public record RequestReport(
    RequestId id,
    ModelId model,
    String phase,
    long ageNanos,
    OptionalLong slackNanos,
    String caller,
    int priority,
    int promptTokens,
    int generatedTokens,
    Optional<InstanceId> instance,
    int evictions) {

  /**
   * @param instance where it is; null while it is queued
   */
  static RequestReport of(LiveRequest request, Instance instance, long nowNanos) {
    RequestLife life = request.life();
    return new RequestReport(
        request.id(),
        request.request().model(),
        phase(request, instance),
        nowNanos - request.request().arrivalNanos(),
        life == null ? OptionalLong.empty() : OptionalLong.of(life.deadlineNanos() - nowNanos),
        request.request().caller(),
        request.request().priority(),
        request.sequence().promptLength(),
        request.sequence().generated(),
        Optional.ofNullable(instance).map(Instance::id),
        life == null ? 0 : life.evictions());
  }

  private static String phase(LiveRequest request, Instance instance) {
    if (request.isCancelled()) {
      return "cancelled";
    }
    if (instance == null) {
      return "queued";
    }
    if (instance.isPaused()) {
      return "paused";
    }
    if (!instance.isLoaded()) {
      return "loading";
    }
    return request.life().state() == RequestState.DECODING ? "decode" : "prefill";
  }
}
