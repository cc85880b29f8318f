package io.slinfer.node;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Collects events and delivers them joined by outlet. Confined to the device's owner. */
final class TokenEvents {

  private final Map<TokenOutlet, List<TokenEvent>> pending = new LinkedHashMap<>();

  void add(TokenOutlet outlet, TokenEvent event) {
    pending.computeIfAbsent(outlet, key -> new ArrayList<>()).add(event);
  }

  /** Delivers what was collected. */
  void flush() {
    if (pending.isEmpty()) {
      return;
    }
    pending.forEach(TokenOutlet::deliver);
    pending.clear();
  }
}
