package io.slinfer.trace;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Who asks for what and when: one list of requests for each model (function).
 *
 * @param models the requests of each model, any order
 */
public record Trace(List<List<Arrival>> models) {

  public Trace {
    models = models.stream().map(List::copyOf).toList();
  }

  /**
   * One request of a trace.
   *
   * @param model which model, 0 to the number of models - 1
   */
  public record Arrival(int model, long arrivalNanos, int promptTokens, int outputTokens) {

    public Arrival {
      if (model < 0 || arrivalNanos < 0 || promptTokens < 1 || outputTokens < 1) {
        throw new IllegalArgumentException(
            "an arrival of model %d at %d ns with %d prompt and %d output tokens"
                .formatted(model, arrivalNanos, promptTokens, outputTokens));
      }
    }
  }

  /**
   * The requests of {@code count} models in order of arrival: of a trace with 128 models the first
   * count/16 of each consecutive group of 8, elsewhere the first ones.
   */
  public List<Arrival> select(int count, long endNanos) {
    if (count < 1 || count > models.size()) {
      throw new IllegalArgumentException("models is " + count + "; the trace has " + models.size());
    }
    boolean grouped = models.size() == 128 && count % 16 == 0;
    List<Arrival> chosen = new ArrayList<>();
    for (int i = 0; i < models.size(); i++) {
      if (grouped ? i % 8 < count / 16 : i < count) {
        chosen.addAll(models.get(i));
      }
    }
    chosen.removeIf(arrival -> arrival.arrivalNanos() >= endNanos);
    chosen.sort(Comparator.comparingLong(Arrival::arrivalNanos).thenComparingInt(Arrival::model));
    return chosen;
  }

  /** All requests, with the models dealt in turn to {@code count} of them: i goes to i % count. */
  public Trace dealtTo(int count) {
    if (count < 1) {
      throw new IllegalArgumentException("models is " + count + "; want 1 or more");
    }
    List<List<Arrival>> dealt = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      dealt.add(new ArrayList<>());
    }
    for (int i = 0; i < models.size(); i++) {
      int model = i % count;
      for (Arrival arrival : models.get(i)) {
        dealt
            .get(model)
            .add(
                new Arrival(
                    model, arrival.arrivalNanos(), arrival.promptTokens(), arrival.outputTokens()));
      }
    }
    return new Trace(dealt);
  }
}
