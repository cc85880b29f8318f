package io.slinfer.engine.device;

import io.slinfer.engine.Sequence;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Keeps the logits of every position of every sequence. */
public final class RecordedLogits implements LogitsObserver {

  private final Map<Sequence, Map<Integer, float[]>> rows = new ConcurrentHashMap<>();

  @Override
  public boolean wants(Sequence sequence, int position) {
    return true;
  }

  @Override
  public void onLogits(Sequence sequence, int position, float[] logits) {
    rows.computeIfAbsent(sequence, s -> new HashMap<>()).put(position, logits.clone());
  }

  /** What the model said of the token after {@code position}. */
  public float[] at(Sequence sequence, int position) {
    return rows.get(sequence).get(position);
  }
}
