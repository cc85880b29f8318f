package io.slinfer.node;

import io.slinfer.request.ModelId;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** How each model stands on a node, in one word. Written by the owner, read by any thread. */
public final class ModelStates {

  private final Map<ModelId, String> states = new ConcurrentHashMap<>();

  /**
   * One of: cold, loading, loaded (its weights may be away for a while, for another model), failed
   * (cooling down after a failed load).
   */
  public String of(ModelId model) {
    return states.getOrDefault(model, "cold");
  }

  void set(ModelId model, String state) {
    if (state.equals("cold")) {
      states.remove(model);
    } else {
      states.put(model, state);
    }
  }
}
