package io.slinfer.node;

import java.util.List;

/** Where a device sends the events of the requests of one gateway, joined for each step. */
@FunctionalInterface
public interface TokenOutlet {

  /** Takes events in order; called on the device's thread, must not wait. */
  void deliver(List<TokenEvent> events);
}
