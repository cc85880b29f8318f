package io.slinfer.scheduler;

/**
 * Which of the instances that can step goes next. Pure: the same instances and time give the same
 * answer.
 */
@FunctionalInterface
public interface StepOrder {

  /** The urgency of an instance: the smallest goes first. */
  long rank(Instance instance, long nowNanos);

  /** Earliest deadline first (the paper). */
  StepOrder EARLIEST_DEADLINE = (instance, nowNanos) -> instance.deadlineNanos();

  /**
   * Fewest requests first, so that instances leave soon and give back what they hold; but who has
   * little slack goes before all others, least slack first.
   *
   * @param urgentSlackNanos what little slack is
   */
  record FewestRequestsFirst(long urgentSlackNanos) implements StepOrder {
    @Override
    public long rank(Instance instance, long nowNanos) {
      long slackNanos = instance.sums(nowNanos).slackNanos(nowNanos);
      return slackNanos < urgentSlackNanos
          ? slackNanos - urgentSlackNanos
          : instance.requestCount() * 1_000L + instance.index() % 1_000;
    }
  }

  /**
   * Least slack first among those whose promise can still be kept; the others when nobody else can
   * step, the one that fell behind last before the ones before it. But nobody stands still for
   * ever: an instance that has not stepped for a while goes first, for one step.
   *
   * @param mostStandstillNanos how long a while is
   */
  record LeastSlack(long mostStandstillNanos) implements StepOrder {
    @Override
    public long rank(Instance instance, long nowNanos) {
      RequestSums sums = instance.sums(nowNanos);
      long stoodNanos = nowNanos - instance.stoodSinceNanos;
      return sums.hopeful == 0 && stoodNanos >= mostStandstillNanos
          ? Long.MIN_VALUE / 2 - stoodNanos
          : sums.hopefulSlackNanos(nowNanos);
    }
  }
}
