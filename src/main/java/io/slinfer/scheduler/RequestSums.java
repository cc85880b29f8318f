package io.slinfer.scheduler;

import io.slinfer.request.RequestLife;
import io.slinfer.request.RequestState;
import java.util.ArrayDeque;
import java.util.List;

/**
 * What the requests of an instance come to. Computed again only after they have changed, or when
 * time alone has changed it, so that a step costs what its own instance holds and not the device.
 *
 * <p>Confined to the device's owner.
 */
final class RequestSums {

  /** Leaving, waiting and loading again take a 13b model about this long. */
  private static final long TIGHT_SLACK_NANOS = 5_000_000_000L;

  /** Requests that can still keep their promise. */
  int hopeful;

  /** Those of them that a pause would break. */
  int tight;

  /** Prompt and generated tokens. */
  long tokens;

  /** Blocks that the requests need with the reserve. */
  int neededBlocks;

  /** Blocks of requests with so much slack that they can be set aside. */
  int spareBlocks;

  /** The earliest deadline of those that wait for prefill; Long.MAX_VALUE with none. */
  long prefillDeadlineNanos;

  /** The earliest deadline of the others; Long.MAX_VALUE with none. */
  long decodeDeadlineNanos;

  /** When the first token of the others should come that still can be in time; see RequestLife. */
  long dueNanos;

  /** Predicted prefill work. */
  long prefillNanos;

  /** The least time per token that was promised; Long.MAX_VALUE with none. */
  long tokenNanos;

  private long earliestStartNanos;
  private long earliestHopefulStartNanos;
  private long latestDeadlineNanos;
  private long decodeTokens;
  private int decoding;
  private long earliestDecodeNanos;
  private long decodeNanos;

  private boolean stale = true;
  private int reserveTokens;
  private long validUntilNanos;

  /** The requests, or what they cost, have changed. */
  void changed() {
    stale = true;
  }

  /** Brings the sums to this time. */
  void refresh(Instance instance, long nowNanos) {
    if (!stale && nowNanos - validUntilNanos < 0) {
      return;
    }
    clear(nowNanos);
    addWaiting(instance, nowNanos);
    addRunning(instance, nowNanos);
    List<RequestLife> aside = instance.aside;
    for (int i = 0; i < aside.size(); i++) {
      add(instance, aside.get(i), nowNanos);
    }
    decodeNanos = instance.expected.decodeNanos(decodeTokens, decoding);
    stale = false;
  }

  /** As {@link #refresh}, with the blocks for so many tokens to come. */
  void refresh(Instance instance, long nowNanos, int newReserveTokens) {
    stale |= newReserveTokens != reserveTokens;
    reserveTokens = newReserveTokens;
    refresh(instance, nowNanos);
  }

  /** Whether they are what would be computed now; true if they would be computed anyway. */
  boolean isCurrent(Instance instance, long nowNanos) {
    if (stale || nowNanos - validUntilNanos >= 0) {
      return true;
    }
    RequestSums fresh = new RequestSums();
    fresh.refresh(instance, nowNanos, reserveTokens);
    return values().equals(fresh.values());
  }

  private List<Long> values() {
    return List.of(
        (long) hopeful,
        (long) tight,
        tokens,
        (long) neededBlocks,
        (long) spareBlocks,
        prefillDeadlineNanos,
        decodeDeadlineNanos,
        dueNanos,
        prefillNanos,
        tokenNanos,
        earliestStartNanos,
        earliestHopefulStartNanos,
        latestDeadlineNanos,
        earliestDecodeNanos,
        decodeNanos);
  }

  private void clear(long nowNanos) {
    hopeful = 0;
    tight = 0;
    tokens = 0;
    neededBlocks = 0;
    spareBlocks = 0;
    prefillDeadlineNanos = Long.MAX_VALUE;
    decodeDeadlineNanos = Long.MAX_VALUE;
    dueNanos = Long.MAX_VALUE;
    prefillNanos = 0;
    tokenNanos = Long.MAX_VALUE;
    earliestStartNanos = Long.MAX_VALUE;
    earliestHopefulStartNanos = Long.MAX_VALUE;
    latestDeadlineNanos = Long.MIN_VALUE;
    decodeTokens = 0;
    decoding = 0;
    earliestDecodeNanos = Long.MAX_VALUE;
    validUntilNanos = nowNanos + Long.MAX_VALUE / 4;
  }

  private void addWaiting(Instance instance, long nowNanos) {
    ArrayDeque<RequestLife> waiting = instance.waiting;
    if (waiting.isEmpty()) {
      return;
    }
    for (RequestLife request : waiting) {
      long work = add(instance, request, nowNanos);
      long computing =
          instance.expected.prefillNanos(request.totalTokens() - request.computedTokens());
      earliestStartNanos = Math.min(earliestStartNanos, request.deadlineNanos() - computing);
      addPlaced(request, work, nowNanos);
    }
  }

  private void addRunning(Instance instance, long nowNanos) {
    List<RequestLife> running = instance.running;
    for (int i = 0; i < running.size(); i++) {
      RequestLife request = running.get(i);
      long work = add(instance, request, nowNanos);
      boolean isHopeful = request.isHopeful(nowNanos);
      if (isHopeful) {
        earliestStartNanos = Math.min(earliestStartNanos, request.deadlineNanos() - work);
      }
      addPlaced(request, work, nowNanos);
      if (request.state() == RequestState.DECODING) {
        decodeTokens += request.totalTokens();
        decoding++;
        if (isHopeful) {
          earliestDecodeNanos = Math.min(earliestDecodeNanos, request.deadlineNanos());
        }
        boolean spare = request.slackNanos(nowNanos) >= KvRelief.SPARE_SLACK_NANOS;
        spareBlocks += spare ? request.heldBlocks() : 0;
      }
    }
  }

  private void addPlaced(RequestLife request, long workNanos, long nowNanos) {
    latestDeadlineNanos = Math.max(latestDeadlineNanos, request.deadlineNanos());
    if (request.isHopeful(nowNanos)) {
      earliestHopefulStartNanos =
          Math.min(earliestHopefulStartNanos, request.deadlineNanos() - workNanos);
    }
  }

  /** Adds what counts wherever the request is; returns its prefill work. */
  private long add(Instance instance, RequestLife request, long nowNanos) {
    long work = 0;
    tokens += request.totalTokens();
    neededBlocks += instance.device().blocksFor(request.totalTokens() + reserveTokens);
    tokenNanos = Math.min(tokenNanos, request.slo().timePerOutputTokenNanos());
    if (request.state() == RequestState.PREFILLING) {
      work = instance.prefillNanos(request);
      prefillNanos += work;
      prefillDeadlineNanos = Math.min(prefillDeadlineNanos, request.deadlineNanos());
    } else {
      decodeDeadlineNanos = Math.min(decodeDeadlineNanos, request.deadlineNanos());
      dueNanos = request.isHopeful(nowNanos) ? Math.min(dueNanos, request.dueNanos()) : dueNanos;
    }
    if (request.isHopeful(nowNanos)) {
      hopeful++;
      long slackNanos = request.deadlineNanos() - nowNanos;
      tight += slackNanos < TIGHT_SLACK_NANOS ? 1 : 0;
      validFor(request.hopefulForNanos(nowNanos), nowNanos);
      validFor(slackNanos - TIGHT_SLACK_NANOS + 1, nowNanos);
      validFor(slackNanos - KvRelief.SPARE_SLACK_NANOS + 1, nowNanos);
    }
    return work;
  }

  private void validFor(long nanos, long nowNanos) {
    if (nanos > 0) {
      validUntilNanos = Math.min(validUntilNanos, nowNanos + nanos);
    }
  }

  /**
   * Time left until the first of the requests is late, its own prefill taken off. Those that run
   * and cannot keep their promise any more have all the time.
   */
  long slackNanos(long nowNanos) {
    return earliestStartNanos == Long.MAX_VALUE
        ? Long.MAX_VALUE / 2
        : earliestStartNanos - nowNanos;
  }

  /**
   * Time left until the first of those requests is late that still can be in time, its own prefill
   * taken off; above any such time when there is none.
   */
  long hopefulSlackNanos(long nowNanos) {
    return earliestHopefulStartNanos == Long.MAX_VALUE
        ? Long.MAX_VALUE / 2 - (latestDeadlineNanos - nowNanos)
        : earliestHopefulStartNanos - nowNanos;
  }

  /**
   * How long another instance may step before tokens here come late that still can come in time;
   * Long.MAX_VALUE when nobody here decodes.
   */
  long decodeSpareNanos(long nowNanos) {
    return earliestDecodeNanos == Long.MAX_VALUE
        ? Long.MAX_VALUE
        : earliestDecodeNanos - nowNanos - decodeNanos;
  }
}
