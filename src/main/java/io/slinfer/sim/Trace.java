package io.slinfer.sim;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Who asks for what and when: one list of requests for each model (function).
 *
 * @param models the requests of each model, any order
 */
public record Trace(List<List<Arrival>> models) {

  /**
   * One request of a trace.
   *
   * @param model which model, 0 to the number of models - 1
   */
  public record Arrival(int model, long arrivalNanos, int promptTokens, int outputTokens) {}

  @JsonIgnoreProperties(ignoreUnknown = true)
  private record Function(
      @JsonProperty("timestamps") double[] seconds, int[] input, int[] output) {}

  /** Reads the JSON format of the paper's artifact: a list of functions with parallel arrays. */
  public static Trace readJson(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IOException("no such trace: " + file);
    }
    Function[] functions = new ObjectMapper().readValue(file.toFile(), Function[].class);
    List<List<Arrival>> models = new ArrayList<>();
    for (Function function : functions) {
      int count = function.seconds().length;
      if (function.input().length != count || function.output().length != count) {
        throw new IOException(
            file + ": function " + models.size() + " has arrays of different lengths");
      }
      List<Arrival> arrivals = new ArrayList<>(count);
      for (int i = 0; i < count; i++) {
        arrivals.add(
            new Arrival(
                models.size(),
                Math.round(function.seconds()[i] * 1e9),
                function.input()[i],
                function.output()[i]));
      }
      models.add(List.copyOf(arrivals));
    }
    return new Trace(List.copyOf(models));
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
}
