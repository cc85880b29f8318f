package io.slinfer.config;

import java.util.List;

/**
 * How models share the devices.
 *
 * @param keepAliveMillis how long a model stays loaded after its last request
 * @param leastResidenceMillis how long it stays after a load although others want its place
 * @param coldStartMillis more time to the first token for a request whose model must be loaded
 * @param pinned models that are loaded at start and never leave
 * @param warm models that are loaded at start and whenever there is room
 * @param bestEffort models whose requests wait for as long as it takes; those of others are refused
 *     when they cannot be served in time
 */
public record ServingSettings(
    long keepAliveMillis,
    long leastResidenceMillis,
    long coldStartMillis,
    List<String> pinned,
    List<String> warm,
    List<String> bestEffort) {

  public ServingSettings {
    pinned = List.copyOf(pinned);
    warm = List.copyOf(warm);
    bestEffort = List.copyOf(bestEffort);
  }

  static ServingSettings read(Section section) {
    ServingSettings settings =
        new ServingSettings(
            section.millis("keep-alive", 300_000, 0),
            section.millis("least-residence", 2_000, 0),
            section.millis("cold-start-grace", 10_000, 0),
            section.texts("pinned", List.of()),
            section.texts("warm", List.of()),
            section.texts("best-effort", List.of()));
    section.end();
    return settings;
  }
}
