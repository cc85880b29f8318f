package io.slinfer.scheduler;

import io.slinfer.request.RequestLife;

/** Takes requests and finds them places. */
public interface Coordinator extends DeviceLoop.Upstream {

  /** A request has arrived, now. */
  void arrive(RequestLife request);
}
