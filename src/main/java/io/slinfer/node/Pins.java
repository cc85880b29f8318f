package io.slinfer.node;

import io.slinfer.request.ModelId;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Predicate;

/** Which models never leave: as the settings say, until an operator says otherwise. Any thread. */
final class Pins {

  private final Map<ModelId, Boolean> changed = new HashMap<>();

  synchronized void set(ModelId model, boolean pinned) {
    changed.put(model, pinned);
  }

  /** The pins over those of the settings. */
  Predicate<ModelId> over(Predicate<ModelId> settings) {
    return model -> isPinned(model, settings);
  }

  private synchronized boolean isPinned(ModelId model, Predicate<ModelId> settings) {
    Boolean own = changed.get(model);
    return own == null ? settings.test(model) : own;
  }
}
