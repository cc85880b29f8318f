package io.slinfer.scheduler;

import io.slinfer.request.RequestLife;
import java.util.List;

/** Tells several listeners, in order. */
public record Broadcast(List<SchedulerListener> listeners) implements SchedulerListener {

  public Broadcast {
    listeners = List.copyOf(listeners);
  }

  @Override
  public void placed(RequestLife request, Instance instance) {
    listeners.forEach(listener -> listener.placed(request, instance));
  }

  @Override
  public void stepStarted(Instance instance) {
    listeners.forEach(listener -> listener.stepStarted(instance));
  }

  @Override
  public void stepEnded(Instance instance, long durationNanos) {
    listeners.forEach(listener -> listener.stepEnded(instance, durationNanos));
  }

  @Override
  public void token(RequestLife request, Instance instance) {
    listeners.forEach(listener -> listener.token(request, instance));
  }

  @Override
  public void finished(RequestLife request) {
    listeners.forEach(listener -> listener.finished(request));
  }

  @Override
  public void refused(RequestLife request, String reason) {
    listeners.forEach(listener -> listener.refused(request, reason));
  }

  @Override
  public void cancelled(RequestLife request) {
    listeners.forEach(listener -> listener.cancelled(request));
  }

  @Override
  public void evicted(RequestLife request, Instance instance) {
    listeners.forEach(listener -> listener.evicted(request, instance));
  }

  @Override
  public void recomputed(RequestLife request, Instance instance) {
    listeners.forEach(listener -> listener.recomputed(request, instance));
  }

  @Override
  public void instanceCreated(Instance instance) {
    listeners.forEach(listener -> listener.instanceCreated(instance));
  }

  @Override
  public void leaving(Instance instance, LeaveReason reason) {
    listeners.forEach(listener -> listener.leaving(instance, reason));
  }

  @Override
  public void instanceRemoved(Instance instance) {
    listeners.forEach(listener -> listener.instanceRemoved(instance));
  }

  @Override
  public void memoryActed(Instance instance, MemoryAction action, long durationNanos) {
    listeners.forEach(listener -> listener.memoryActed(instance, action, durationNanos));
  }
}
