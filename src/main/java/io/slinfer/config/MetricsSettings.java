package io.slinfer.config;

/**
 * What /metrics shows.
 *
 * @param vllmNames also show the meters that vLLM has under vLLM's own names, for its dashboards
 */
public record MetricsSettings(boolean vllmNames) {

  static MetricsSettings read(Section section) {
    MetricsSettings settings = new MetricsSettings(section.flag("vllm-names", true));
    section.end();
    return settings;
  }
}
