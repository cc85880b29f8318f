package io.slinfer.node;

import io.slinfer.request.ModelId;
import io.slinfer.request.RequestId;
import io.slinfer.request.RequestLife;
import io.slinfer.scheduler.Instance;
import io.slinfer.scheduler.LeaveReason;
import io.slinfer.scheduler.SchedulerListener;
import io.slinfer.scheduler.Timers;
import java.util.List;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * Logs each admission, refusal and eviction with what it is about, to the logger {@code
 * io.slinfer.decisions}: at DEBUG, so that only those who want it pay for it.
 *
 * <p>Confined to the node's owner.
 */
final class SchedulingLog implements SchedulerListener {

  private static final Logger LOG = LoggerFactory.getLogger("io.slinfer.decisions");

  private final Timers timers;
  private final String engine;

  /**
   * @param devices the node's
   */
  SchedulingLog(Timers timers, List<DeviceParts> devices) {
    this.timers = timers;
    this.engine = devices.stream().anyMatch(DeviceParts::emulated) ? "emulated" : "real";
  }

  @Override
  public void placed(RequestLife request, Instance instance) {
    if (LOG.isDebugEnabled()) {
      about(request.id(), request.model())
          .addKeyValue("device", instance.device().id())
          .addKeyValue("instance", instance.id())
          .addKeyValue("reason", instance.isLoaded() ? "warm" : "cold")
          .addKeyValue("waited_ms", (timers.nowNanos() - request.arrivalNanos()) / 1_000_000)
          .log("admitted");
    }
  }

  /** A request ends without having been served. */
  void failed(RequestId request, ModelId model, String reason) {
    if (LOG.isDebugEnabled()) {
      about(request, model).addKeyValue("reason", reason).log("refused");
    }
  }

  @Override
  public void cancelled(RequestLife request) {
    if (LOG.isDebugEnabled()) {
      about(request.id(), request.model()).log("cancelled");
    }
  }

  @Override
  public void evicted(RequestLife request, Instance instance) {
    if (LOG.isDebugEnabled()) {
      about(request.id(), request.model())
          .addKeyValue("device", instance.device().id())
          .addKeyValue("instance", instance.id())
          .addKeyValue("reason", "lost_place")
          .log("evicted");
    }
  }

  @Override
  public void leaving(Instance instance, LeaveReason reason) {
    if (LOG.isDebugEnabled()) {
      LOG.atDebug()
          .addKeyValue("model", instance.model())
          .addKeyValue("device", instance.device().id())
          .addKeyValue("instance", instance.id())
          .addKeyValue("engine", engine)
          .addKeyValue("reason", reason.name().toLowerCase(Locale.ROOT))
          .log("instance leaves");
    }
  }

  private LoggingEventBuilder about(RequestId request, ModelId model) {
    return LOG.atDebug()
        .addKeyValue("request", request)
        .addKeyValue("model", model)
        .addKeyValue("engine", engine);
  }
}
