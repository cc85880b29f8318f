package io.slinfer.sim;

import io.slinfer.request.RequestLife;
import io.slinfer.scheduler.Instance;
import io.slinfer.scheduler.MemoryAction;
import io.slinfer.scheduler.SchedulerListener;
import io.slinfer.scheduler.StepBatch;
import io.slinfer.scheduler.Timers;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Writes one line for each event, tab-separated: nanoseconds of virtual time, event, subject, and
 * what belongs to it. The same seed gives the same bytes.
 */
final class EventLog implements SchedulerListener {

  private final Timers clock;
  private final Appendable out;

  EventLog(Timers clock, Appendable out) {
    this.clock = clock;
    this.out = out;
  }

  /** A request has arrived. */
  void arrived(RequestLife request) {
    line("arrive", request.id(), request.model() + "\t" + request.promptTokens());
  }

  @Override
  public void placed(RequestLife request, Instance instance) {
    line("place", request.id(), instance);
  }

  @Override
  public void stepStarted(Instance instance) {
    StepBatch batch = instance.batch();
    long tokens = batch.promptTokens() + batch.decodeLengths();
    line("step", instance, batch.kind() + "\t" + batch.requests().size() + "\t" + tokens);
  }

  @Override
  public void token(RequestLife request, Instance instance) {
    line("token", request.id(), request.generatedTokens() - 1);
  }

  @Override
  public void finished(RequestLife request) {
    line("finish", request.id(), request.generatedTokens());
  }

  @Override
  public void refused(RequestLife request, String reason) {
    line("refuse", request.id(), reason);
  }

  @Override
  public void evicted(RequestLife request, Instance instance) {
    line("evict", request.id(), instance);
  }

  @Override
  public void recomputed(RequestLife request, Instance instance) {
    line("recompute", request.id(), instance);
  }

  @Override
  public void instanceCreated(Instance instance) {
    line("create", instance, instance.model());
  }

  @Override
  public void instanceRemoved(Instance instance) {
    line("remove", instance, instance.model());
  }

  @Override
  public void memoryActed(Instance instance, MemoryAction action, long durationNanos) {
    line("memory", instance, action.kind() + "\t" + action.blocks() + "\t" + durationNanos);
  }

  private void line(String event, Object subject, Object details) {
    try {
      out.append(Long.toString(clock.nowNanos()))
          .append('\t')
          .append(event)
          .append('\t')
          .append(subject.toString())
          .append('\t')
          .append(details.toString())
          .append('\n');
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
