package io.slinfer.scheduler;

import io.slinfer.request.RequestLife;
import io.slinfer.request.RequestState;
import java.util.List;

/**
 * Which instance of a device steps next, what the step computes, and what its end means.
 *
 * <p>Confined to the device's owner.
 */
final class Stepping {

  private final DeviceState device;
  private final Departures departures;
  private final Stays stays;
  private int steps;

  Stepping(DeviceState device, Departures departures, Stays stays) {
    this.device = device;
    this.departures = departures;
    this.stays = stays;
  }

  /** Starts as many steps as the device takes at once. */
  void start() {
    while (steps < device.settings.concurrentSteps() && startOne()) {}
  }

  /** The running steps are gone with the device. */
  void forgetAll() {
    steps = 0;
  }

  /** Whether a step runs. */
  boolean isBusy() {
    return steps > 0;
  }

  /** A step that serves nobody begins. */
  void probeStarted(Instance instance) {
    instance.stepping = true;
    steps++;
  }

  /** It has ended. */
  void probeEnded(Instance instance) {
    instance.stepping = false;
    steps--;
  }

  private boolean startOne() {
    long nowNanos = device.timers.nowNanos();
    Instance next = null;
    long earliest = Long.MAX_VALUE;
    for (int i = 0; i < device.instances.size(); i++) {
      Instance instance = device.instances.get(i);
      if (!canStep(instance, nowNanos)) {
        continue;
      }
      long rank =
          instance.quotaLeft > 0
              ? Long.MIN_VALUE
              : device.settings.order().rank(instance, nowNanos);
      if (rank < earliest) {
        earliest = rank;
        next = instance;
      }
    }
    return next != null && step(next, nowNanos);
  }

  private boolean canStep(Instance instance, long nowNanos) {
    return instance.loaded
        && !instance.paused
        && !instance.stepping
        && instance.actions.isEmpty()
        && instance.usableBlocks > 0
        && instance.restUntilNanos <= nowNanos
        && device.settings.batching().hasWork(instance);
  }

  private boolean step(Instance instance, long nowNanos) {
    if (instance.quotaLeft == 0) {
      instance.quotaLeft = instance.waiting.isEmpty() ? device.spec.decodeQuota() : 1;
    }
    instance.quotaLeft--;
    device.changed();
    instance.changed();
    Batching.Turn turn =
        new Batching.Turn(
            nowNanos, () -> spareNanos(instance, nowNanos), device.driver, device.listener);
    if (!device.settings.batching().compose(instance, turn)) {
      return false;
    }
    instance.predictedNanos = instance.batch().nanos(instance.costs().latency());
    instance.stepping = true;
    instance.stepStartNanos = nowNanos;
    steps++;
    device.listener.stepStarted(instance);
    device.driver.step(instance);
    return true;
  }

  /** Time until another instance must have begun its next step. */
  private long spareNanos(Instance stepping, long nowNanos) {
    long spare = Long.MAX_VALUE;
    for (int i = 0; i < device.instances.size(); i++) {
      Instance other = device.instances.get(i);
      if (other != stepping && canStep(other, nowNanos)) {
        spare = Math.min(spare, other.sums(nowNanos).decodeSpareNanos(nowNanos));
      }
    }
    return spare;
  }

  /** A step has ended; returns how long it took. */
  long end(Instance instance, DeviceDriver.StepOutcome outcome) {
    long nowNanos = device.timers.nowNanos();
    instance.stepping = false;
    steps--;
    instance.stoodSinceNanos = nowNanos;
    long durationNanos = nowNanos - instance.stepStartNanos;
    instance.restUntilNanos = nowNanos + Math.round(durationNanos * device.settings.restPerStep());
    takeTokens(instance, outcome, nowNanos);
    departures.dropCancelled(instance);
    return durationNanos;
  }

  /** A step has failed. */
  void fail(Instance instance) {
    instance.stepping = false;
    steps--;
    departures.failStep(instance);
  }

  private void takeTokens(Instance instance, DeviceDriver.StepOutcome outcome, long nowNanos) {
    instance.changed();
    List<RequestLife> requests = instance.batch().requests();
    boolean left = false;
    for (int i = 0; i < requests.size(); i++) {
      RequestLife request = requests.get(i);
      request.computedTokens(request.computedTokens() + instance.batch().chunk(i));
      if (request.computedTokens() < request.totalTokens()) {
        continue;
      }
      request.tokenAt(nowNanos);
      if (request.state() == RequestState.PREFILLING) {
        request.become(RequestState.DECODING);
      }
      device.listener.token(request, instance);
      if (outcome.ended(i)) {
        left = true;
        departures.finish(request, instance);
      }
    }
    if (left) {
      stays.afterLeaving(instance);
    }
  }

  /** What the step took corrects what later ones are expected to take. */
  void learn(Instance stepped, long durationNanos) {
    if (device.correction != null
        && device.correction.observe(stepped.costs(), stepped.predictedNanos, durationNanos)) {
      expectAnew();
    }
  }

  /** A request was refused while the device had nothing to do. */
  void doubt() {
    if (device.correction != null && device.correction.doubt()) {
      device.changed();
      expectAnew();
    }
  }

  private void expectAnew() {
    for (Instance instance : device.instances) {
      instance.expect(device.correction.corrected(instance.costs()));
    }
  }
}
