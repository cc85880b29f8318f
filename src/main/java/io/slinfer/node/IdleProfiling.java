package io.slinfer.node;

import io.slinfer.cost.CostCorrection;
import io.slinfer.cost.DeviceKind;
import io.slinfer.cost.InstanceCosts;
import io.slinfer.cost.MeasuredSteps;
import io.slinfer.cost.StepProbe;
import io.slinfer.engine.LoadedModel;
import io.slinfer.engine.ModelSource;
import io.slinfer.engine.ProbeSequences;
import io.slinfer.engine.SequenceChunk;
import io.slinfer.kvcache.BlockTable;
import io.slinfer.request.ModelId;
import io.slinfer.scheduler.DeviceLoop;
import io.slinfer.scheduler.Instance;
import io.slinfer.scheduler.Timers;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Measures the steps of models that were loaded here for the first time, while the device has
 * nothing else to do: after a second without a step, one bounded step after the other. A request
 * that comes waits for one such step at most; what was begun goes on when the device is idle again.
 * Until a model is measured its costs are what they were reckoned to be, corrected by what its
 * steps take ({@link CostCorrection}).
 *
 * <p>Confined to the node's owner.
 */
final class IdleProfiling {

  /** How long nobody must have had a step. */
  static final long QUIET_NANOS = 1_000_000_000L;

  /** As long as a piece of a prompt may take when nobody waits. */
  private static final long STEP_NANOS = 150_000_000L;

  private static final long GROWING_NANOS = 5_000_000L;
  private static final int PIECE_TOKENS = 256;
  private static final int MOST_TOKENS = 8_192;
  private static final int LEAST_TOKENS = 64;
  private static final Logger LOG = LoggerFactory.getLogger(IdleProfiling.class);

  /** What it works with. */
  record Parts(
      DeviceLoop loop,
      EngineDriver driver,
      ModelBook models,
      CostSource costs,
      Timers timers,
      Executor owner) {}

  /** A model that is to be measured. */
  private static final class Wanted {
    final ModelSource source;
    final long budgetNanos;
    StepProbe probe;
    int mostTokens;

    Wanted(ModelSource source, long budgetNanos) {
      this.source = source;
      this.budgetNanos = budgetNanos;
    }
  }

  private final Parts parts;
  private final BooleanSupplier nobodyWaits;
  private final Map<ModelId, Wanted> wanted = new HashMap<>();
  private long workedNanos;
  private boolean ticking;

  /** What is being measured; null between. */
  private Instance instance;

  private Wanted current;
  private ProbeSequences sequences;

  /**
   * @param nobodyWaits whether no request of the node is alive
   */
  IdleProfiling(Parts parts, BooleanSupplier nobodyWaits) {
    this.parts = parts;
    this.nobodyWaits = nobodyWaits;
  }

  /** A step for a request has ended on some device of the node. */
  void worked() {
    workedNanos = parts.timers.nowNanos();
  }

  /** An instance was loaded on the device. */
  void loaded(Instance fresh) {
    worked();
    ModelSource source = parts.models.source(fresh.model());
    Wanted known = wanted.get(fresh.model());
    if (known != null && known.source.equals(source)) {
      tickLater(QUIET_NANOS);
      return;
    }
    wanted.remove(fresh.model());
    parts
        .costs
        .probeNanos(source, kind())
        .onSuccess(nanos -> parts.owner.execute(() -> want(source, nanos)))
        .onFailure(cause -> LOG.warn("{} is not measured: {}", source.model(), cause.getMessage()));
  }

  private void want(ModelSource source, long budgetNanos) {
    if (budgetNanos > 0) {
      wanted.put(source.model(), new Wanted(source, budgetNanos));
      tickLater(QUIET_NANOS);
    }
  }

  private DeviceKind kind() {
    return parts.loop.spec().kind();
  }

  private void tickLater(long nanos) {
    if (!ticking) {
      ticking = true;
      parts.timers.at(parts.timers.nowNanos() + nanos, this::tick);
    }
  }

  private void tick() {
    ticking = false;
    if (instance != null) {
      resume();
      return;
    }
    Instance next = nextInstance();
    if (next == null) {
      return;
    }
    long quietNanos = parts.timers.nowNanos() - workedNanos;
    if (quietNanos < QUIET_NANOS) {
      tickLater(QUIET_NANOS - quietNanos);
    } else if (!isFree() || !begin(next)) {
      tickLater(QUIET_NANOS);
    }
  }

  private boolean isFree() {
    return nobodyWaits.getAsBoolean() && parts.loop.isIdle();
  }

  /** An instance of a wanted model; null if none is here, then the next load wakes this up. */
  private Instance nextInstance() {
    for (Instance here : parts.loop.instances()) {
      if (wanted.containsKey(here.model()) && here.isLoaded() && !here.isLeaving()) {
        return here;
      }
    }
    return null;
  }

  private boolean begin(Instance next) {
    LoadedModel model = parts.driver.model(next);
    Wanted chosen = wanted.get(next.model());
    if (chosen.probe != null
        && !parts.loop.growForProbe(next, BlockTable.blocksFor(chosen.mostTokens))) {
      // There is less memory than when it began: it begins anew with shorter prompts.
      chosen.probe = null;
    }
    if (chosen.probe == null) {
      int most = Math.min(MOST_TOKENS, model.contextTokens() - 1);
      int least = Math.min(LEAST_TOKENS, most);
      while (!parts.loop.growForProbe(next, BlockTable.blocksFor(most))) {
        if (most == least) {
          return false;
        }
        most = Math.max(least, most / 2);
      }
      chosen.mostTokens = most;
      chosen.probe =
          new StepProbe(new StepProbe.Limits(chosen.budgetNanos, STEP_NANOS, most, PIECE_TOKENS));
    }
    instance = next;
    current = chosen;
    sequences = new ProbeSequences(chosen.mostTokens, model.vocabularySize());
    resume();
    return true;
  }

  /** The next step, if the device is free and has the blocks. */
  private void resume() {
    boolean here = parts.driver.model(instance) != null && !instance.isLeaving();
    if (here && isFree()) {
      step();
    } else if (here && nobodyWaits.getAsBoolean() && sequences.blocks().size() == 0) {
      tickLater(GROWING_NANOS);
    } else {
      interrupted();
    }
  }

  private void step() {
    StepProbe.Step step = current.probe.next();
    if (step == null) {
      finished();
      return;
    }
    if (!parts.driver.reserve(instance, sequences, step.length())) {
      interrupted();
      return;
    }
    List<SequenceChunk> chunks =
        step.batch() == 0
            ? sequences.prompt(step.from(), step.promptTokens())
            : sequences.decodes(step.length(), step.batch());
    parts.driver.probe(instance, chunks, this::stepped, this::failed);
  }

  private void stepped(long nanos) {
    current.probe.took(nanos);
    boolean goesOn = nobodyWaits.getAsBoolean() && !parts.loop.isWanted();
    if (!goesOn) {
      // Before the next step is composed, or memory moves: it may need the blocks.
      parts.driver.release(instance, sequences);
    }
    parts.loop.probeEnded(instance);
    if (goesOn && isFree()) {
      step();
    } else {
      interrupted();
    }
  }

  /** Somebody needs the device; later again. */
  private void interrupted() {
    current.probe.interrupted();
    end();
    tickLater(QUIET_NANOS);
  }

  private void failed() {
    wanted.remove(current.source.model());
    parts.driver.release(instance, sequences);
    parts.loop.probeEnded(instance);
    end();
    tickLater(QUIET_NANOS);
  }

  private void finished() {
    Wanted done = current;
    wanted.remove(done.source.model());
    end();
    tickLater(QUIET_NANOS);
    MeasuredSteps steps = done.probe.result();
    LOG.info(
        "{}: measured its steps in {} ms, prompts up to {} tokens",
        done.source.model(),
        done.probe.spentNanos() / 1_000_000,
        steps.isEmpty() ? 0 : steps.decodes().getLast().tokens());
    parts
        .costs
        .measured(done.source, kind(), steps)
        .onSuccess(costs -> parts.owner.execute(() -> use(done.source, costs)))
        .onFailure(cause -> LOG.warn("what was measured is lost: {}", cause.getMessage()));
  }

  private void use(ModelSource source, InstanceCosts costs) {
    if (parts.models.knows(source)) {
      parts.models.costs(source, kind(), costs);
      parts.loop.measured(source.model(), costs);
    }
  }

  private void end() {
    Instance measured = instance;
    parts.driver.release(measured, sequences);
    instance = null;
    current = null;
    sequences = null;
    parts.loop.probed(measured);
  }
}
