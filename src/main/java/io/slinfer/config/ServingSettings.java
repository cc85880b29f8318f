package io.slinfer.config;

import java.util.List;
import java.util.Map;

/**
 * How models share the devices.
 *
 * @param exclusive one model at a time has a device to itself, as ServerlessLLM does: to compare
 *     with
 * @param keepAliveMillis how long a model stays loaded after its last request
 * @param leastResidenceMillis how long it stays after a load although others want its place
 * @param coldStartMillis more time to the first token for a request whose model must be loaded
 * @param pinned models that are loaded at start and never leave
 * @param warm models that are loaded at start and whenever there is room
 * @param bestEffort models whose requests wait for as long as it takes; those of others are refused
 *     when they cannot be served in time
 * @param promises by model id
 */
public record ServingSettings(
    boolean exclusive,
    long keepAliveMillis,
    long leastResidenceMillis,
    long coldStartMillis,
    List<String> pinned,
    List<String> warm,
    List<String> bestEffort,
    Map<String, Promise> promises) {

  /**
   * What requests to a model are promised.
   *
   * @param firstMillis to the first token; 0: the usual
   * @param tokenMillis for each further token; 0: the usual
   */
  public record Promise(long firstMillis, long tokenMillis) {

    static Promise read(String model, Section section) {
      Promise promise = new Promise(section.millis("ttft", 0, 1), section.millis("tpot", 0, 1));
      section.end();
      return promise;
    }
  }

  public ServingSettings {
    pinned = List.copyOf(pinned);
    warm = List.copyOf(warm);
    bestEffort = List.copyOf(bestEffort);
    promises = Map.copyOf(promises);
  }

  static ServingSettings read(Section section) {
    ServingSettings settings =
        new ServingSettings(
            section.word("policy", "slinfer", List.of("slinfer", "exclusive")).equals("exclusive"),
            section.millis("keep-alive", 300_000, 0),
            section.millis("least-residence", 2_000, 0),
            section.millis("cold-start-grace", 10_000, 0),
            section.texts("pinned", List.of()),
            section.texts("warm", List.of()),
            section.texts("best-effort", List.of()),
            section.sections("slo", Promise::read));
    section.end();
    return settings;
  }
}
