package io.slinfer.sim;

import io.slinfer.config.FaultFile.Fault;
import io.slinfer.config.FaultFile.Kind;
import io.slinfer.cost.MemoryTimes;
import io.slinfer.request.RequestLife;
import io.slinfer.scheduler.DeviceDriver;
import io.slinfer.scheduler.DeviceLoop;
import io.slinfer.scheduler.Instance;
import io.slinfer.scheduler.Timers;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.ToIntFunction;

/**
 * A device in virtual time: steps take what the latency profile says (no safety factor) plus 0 to
 * 50 microseconds, memory work what {@link MemoryTimes} says. Steps that run at once share the
 * processor equally.
 */
final class VirtualDevice implements DeviceDriver {

  private static final long JITTER_NANOS = 50_000;

  /**
   * What an engine can do.
   *
   * @param pagedKv KV grows and shrinks without copying
   * @param sharedLink loads and KV copies of a device share one link in each direction, one after
   *     the other; otherwise each has a link to itself
   */
  record Engine(boolean pagedKv, boolean sharedLink) {}

  /**
   * The world that a device stands in.
   *
   * @param faults what goes wrong on this device
   */
  record World(MemoryTimes times, Engine engine, List<Fault> faults) {}

  /** A step in progress. */
  private static final class Running {
    final Instance instance;
    double workNanos;

    Running(Instance instance, double workNanos) {
      this.instance = instance;
      this.workNanos = workNanos;
    }
  }

  private final DeviceLoop loop;
  private final MemoryTimes times;
  private final Engine engine;
  private final Timers timers;
  private final SplittableRandom random;
  private final ToIntFunction<RequestLife> outputTokens;
  private final List<Fault> faults;
  private final List<Running> running = new ArrayList<>();
  private long inLinkFreeNanos;
  private long outLinkFreeNanos;
  private long updatedNanos;
  private int epoch;

  /**
   * @param outputTokens how many tokens a request will have; known to the world only
   */
  VirtualDevice(
      DeviceLoop loop,
      World world,
      Timers timers,
      SplittableRandom random,
      ToIntFunction<RequestLife> outputTokens) {
    this.loop = loop;
    this.times = world.times();
    this.engine = world.engine();
    this.faults = world.faults();
    this.timers = timers;
    this.random = random;
    this.outputTokens = outputTokens;
  }

  @Override
  public void step(Instance instance) {
    long work =
        stretched(instance.batch().nanos(instance.costs().latency()))
            + random.nextLong(JITTER_NANOS + 1);
    if (loop.concurrentSteps() == 1) {
      timers.at(timers.nowNanos() + work, () -> finish(instance));
      return;
    }
    progress();
    running.add(new Running(instance, work));
    awaitNext();
  }

  private long stretched(long nanos) {
    long nowNanos = timers.nowNanos();
    for (Fault fault : faults) {
      if (fault.kind() == Kind.SLOW_DEVICE && fault.isActive(nowNanos)) {
        return Math.round(nanos * fault.factor());
      }
    }
    return nanos;
  }

  private boolean isBroken(Kind kind) {
    long nowNanos = timers.nowNanos();
    return faults.stream().anyMatch(fault -> fault.kind() == kind && fault.isActive(nowNanos));
  }

  /** Loses the device and brings it back at the times of the faults. */
  void planDeaths() {
    for (Fault fault : faults) {
      if (fault.kind() == Kind.NODE_DEATH) {
        timers.at(fault.startNanos(), this::die);
        timers.at(fault.endNanos(), loop::onDeviceBack);
      }
    }
  }

  private void die() {
    running.clear();
    epoch++;
    loop.onDeviceLost();
  }

  private void progress() {
    long nowNanos = timers.nowNanos();
    for (Running step : running) {
      step.workNanos -= (double) (nowNanos - updatedNanos) / running.size();
    }
    updatedNanos = nowNanos;
  }

  private void awaitNext() {
    int awaited = ++epoch;
    double least = Double.MAX_VALUE;
    for (Running step : running) {
      least = Math.min(least, step.workNanos);
    }
    if (!running.isEmpty()) {
      long delay = (long) Math.ceil(Math.max(0, least) * running.size());
      timers.at(timers.nowNanos() + delay, () -> finishDue(awaited));
    }
  }

  private void finishDue(int awaited) {
    if (awaited != epoch) {
      return;
    }
    progress();
    List<Running> due = running.stream().filter(step -> step.workNanos <= 1).toList();
    running.removeAll(due);
    awaitNext();
    due.forEach(step -> finish(step.instance));
  }

  private void finish(Instance instance) {
    List<RequestLife> requests = instance.batch().requests();
    loop.onStepped(
        instance,
        index -> {
          RequestLife request = requests.get(index);
          return request.generatedTokens() >= outputTokens.applyAsInt(request);
        });
  }

  @Override
  public void load(Instance instance) {
    if (!engine.sharedLink()) {
      actOrFail(instance, times.loadNanos(instance.costs().shape()), Kind.LOAD_FAILURE);
      return;
    }
    long readyNanos = timers.nowNanos() + times.loadFixedNanos();
    long endNanos = viaInLink(readyNanos, instance.costs().shape().weightBytes());
    actOrFail(instance, endNanos - timers.nowNanos(), Kind.LOAD_FAILURE);
  }

  @Override
  public void resize(Instance instance, int fromBlocks, int toBlocks, int liveBlocks) {
    int copied =
        engine.pagedKv() ? 0 : toBlocks > fromBlocks ? fromBlocks : Math.min(liveBlocks, toBlocks);
    long bytes = copied * instance.costs().blockBytes(instance.device().kvBlockTokens());
    long duration = times.resizeNanos(instance.costs().shape(), bytes);
    if (toBlocks > fromBlocks) {
      actOrFail(instance, duration, Kind.KV_EXHAUSTION);
    } else {
      act(instance, duration);
    }
  }

  @Override
  public void exportKv(Instance instance, List<RequestLife> requests, long bytes) {
    long endNanos = Math.max(timers.nowNanos(), outLinkFreeNanos) + times.linkNanos(bytes);
    outLinkFreeNanos = endNanos;
    act(instance, endNanos - timers.nowNanos());
  }

  @Override
  public void importKv(Instance instance, List<RequestLife> requests, long bytes) {
    act(instance, viaInLink(timers.nowNanos(), bytes) - timers.nowNanos());
  }

  /** When bytes that are ready at a time have come in; transfers go one after the other. */
  private long viaInLink(long readyNanos, long bytes) {
    inLinkFreeNanos = Math.max(readyNanos, inLinkFreeNanos) + times.linkNanos(bytes);
    return inLinkFreeNanos;
  }

  @Override
  public void evict(Instance instance) {
    act(instance, times.evictNanos());
  }

  @Override
  public void unload(Instance instance) {
    act(instance, times.unloadNanos());
  }

  private void act(Instance instance, long durationNanos) {
    timers.at(timers.nowNanos() + durationNanos, () -> loop.onActionDone(instance, durationNanos));
  }

  /** Like {@link #act}, but fails if the fault lasts when it ends. */
  private void actOrFail(Instance instance, long durationNanos, Kind fault) {
    timers.at(
        timers.nowNanos() + durationNanos,
        () -> {
          if (isBroken(fault)) {
            loop.onActionFailed(instance);
          } else {
            loop.onActionDone(instance, durationNanos);
          }
        });
  }
}
