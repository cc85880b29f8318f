package io.slinfer.node;

import io.slinfer.metrics.ModelMeters;
import io.slinfer.metrics.ServingMeters;
import io.slinfer.node.TokenEvent.Accepted;
import io.slinfer.node.TokenEvent.Failed;
import io.slinfer.node.TokenEvent.Finished;
import io.slinfer.node.TokenEvent.Scored;
import io.slinfer.node.TokenEvent.Started;
import io.slinfer.node.TokenEvent.Token;
import io.slinfer.request.Failure;
import io.slinfer.request.FinishReason;
import io.slinfer.request.RequestId;
import io.slinfer.request.RequestLife;
import io.slinfer.request.TokenDraw;
import io.slinfer.scheduler.Instance;
import io.slinfer.scheduler.Timers;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;

/**
 * The requests of a node that have not ended, and what their callers are told: at most one
 * Accepted, one Started, tokens in order, exactly one terminal event. Confined to the node's owner.
 */
final class LiveRequests {

  private final Map<RequestId, LiveRequest> requests = new HashMap<>();
  private final TokenEvents events = new TokenEvents();
  private final Inbox inbox;
  private final ServingMeters meters;
  private final Timers timers;
  private final Executor owner;
  private boolean flushPlanned;

  LiveRequests(Inbox inbox, ServingMeters meters, Timers timers, Executor owner) {
    this.inbox = inbox;
    this.meters = meters;
    this.timers = timers;
    this.owner = owner;
  }

  int count() {
    return requests.size();
  }

  List<LiveRequest> all() {
    return List.copyOf(requests.values());
  }

  void add(LiveRequest request) {
    requests.put(request.id(), request);
  }

  Optional<LiveRequest> find(RequestId id) {
    return Optional.ofNullable(requests.get(id));
  }

  /** The request with this life, which has not ended. */
  LiveRequest of(RequestLife life) {
    return requests.get(life.id());
  }

  // What happens to them.

  /** A request has a place. */
  void placed(LiveRequest request, boolean loading) {
    if (request.accept()) {
      tell(request, new Accepted(request.id(), loading));
    }
  }

  /** A request takes part in a step. */
  void stepping(LiveRequest request, Instance instance) {
    long nowNanos = timers.nowNanos();
    if (!request.start(nowNanos)) {
      return;
    }
    inbox.waitsNoMore();
    int prompt = request.sequence().promptLength();
    tell(request, new Started(request.id(), request.cachedTokens()));
    meters
        .of(instance.model())
        .started(nowNanos - request.request().arrivalNanos(), prompt, request.cachedTokens());
  }

  /** A token was drawn for a request; true if it is its last. */
  boolean drawn(LiveRequest request, TokenDraw draw) {
    boolean last = request.take(draw.token());
    int index = request.sequence().generated() - 1;
    if (index == 0) {
      meters.of(request.request().model()).prefilled(timers.nowNanos() - request.startedNanos());
    }
    if (index == 0 && request.sequence().sampling().scoresPrompt()) {
      tell(request, new Scored(request.id(), draw.prompt()));
    }
    if (request.reason() != FinishReason.STOP) {
      tell(request, new Token(request.id(), index, draw.alone()));
    }
    return last;
  }

  /** A step has ended; its batch is still the instance's. */
  void stepped(Instance instance, int tokens, int drawn, long durationNanos) {
    ModelMeters model = meters.of(instance.model());
    model.stepped(tokens, drawn);
    model.stepTook(durationNanos, instance.expectedStepNanos());
  }

  // Ends.

  void finished(LiveRequest request) {
    meters
        .of(request.request().model())
        .decoded(timers.nowNanos() - request.life().firstTokenNanos());
    end(request, new Finished(request.id(), request.reason(), request.usage()));
  }

  void cancelled(LiveRequest request) {
    if (request.failure() != null) {
      failed(request, request.failure());
      return;
    }
    meters
        .of(request.request().model())
        .freedAfterDisconnect(timers.nowNanos() - request.closedNanos());
    end(request, new Finished(request.id(), FinishReason.CANCELLED, request.usage()));
  }

  void failed(LiveRequest request, Failure failure) {
    end(request, new Failed(request.id(), failure));
  }

  private void end(LiveRequest request, TokenEvent last) {
    if (!request.isStarted()) {
      inbox.waitsNoMore();
    }
    request.image(null);
    requests.remove(request.id());
    tell(request, last);
  }

  private void tell(LiveRequest request, TokenEvent event) {
    events.add(request.submit().outlet(), event);
    if (!flushPlanned) {
      flushPlanned = true;
      owner.execute(
          () -> {
            flushPlanned = false;
            events.flush();
          });
    }
  }

  /** Delivers what was collected, now. */
  void flush() {
    events.flush();
  }
}
