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
   * Least slack first among those whose promise can still be kept; a token that should come soon
   * counts as one without slack. The others go when nobody else can step, the one that fell behind
   * last before the ones before it. But nobody stands still for ever: an instance that has not
   * stepped for a while goes first, for one step.
   *
   * @param mostStandstillNanos how long a while is
   */
  record LeastSlack(long mostStandstillNanos) implements StepOrder {

    /** How long before a token should come its instance hurries. */
    private static final long SOON_NANOS = 300_000_000L;

    @Override
    public long rank(Instance instance, long nowNanos) {
      RequestSums sums = instance.sums(nowNanos);
      long stoodNanos = nowNanos - instance.stoodSinceNanos;
      if (sums.hopeful == 0 && stoodNanos >= mostStandstillNanos) {
        return Long.MIN_VALUE / 2 - stoodNanos;
      }
      long slackNanos = sums.hopefulSlackNanos(nowNanos);
      return sums.dueNanos - nowNanos < SOON_NANOS
          ? Math.min(slackNanos, sums.dueNanos - nowNanos)
          : slackNanos;
    }
  }
}
