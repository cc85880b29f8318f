package io.slinfer.sim;

import io.slinfer.config.FaultFile.Fault;
import io.slinfer.config.FaultFile.Kind;
import io.slinfer.scheduler.Timers;
import java.util.List;
import java.util.SplittableRandom;

/** A network in virtual time that loses and delays messages as the faults say. */
final class LossyNetwork {

  private static final long BASE_NANOS = 200_000;

  private final Timers timers;
  private final SplittableRandom random;
  private final List<Fault> faults;

  /**
   * @param faults those that concern messages count, at their times
   */
  LossyNetwork(Timers timers, SplittableRandom random, List<Fault> faults) {
    this.timers = timers;
    this.random = random;
    this.faults = faults;
  }

  /** Sends a message, of which {@code arrival} is all that the other end notices. */
  void transmit(Runnable arrival) {
    long nowNanos = timers.nowNanos();
    long delayNanos = BASE_NANOS;
    for (Fault fault : faults) {
      if (!fault.isActive(nowNanos)) {
        continue;
      }
      if (fault.kind() == Kind.LOST_MESSAGES && random.nextDouble() < fault.probability()) {
        return;
      }
      if (fault.kind() == Kind.DELAYED_MESSAGES) {
        delayNanos += (long) (random.nextDouble() * fault.delaySeconds() * 1e9);
      }
    }
    timers.at(nowNanos + delayNanos, arrival);
  }
}
