package io.slinfer.metrics;

import java.util.Set;

/** Repeats the meters that vLLM has under vLLM's names, at the end of a /metrics text. */
final class VllmNames {

  private static final Set<String> SHARED =
      Set.of(
          "num_requests_running",
          "num_requests_waiting",
          "kv_cache_usage_perc",
          "prefix_cache_queries_total",
          "prefix_cache_hits_total",
          "num_preemptions_total",
          "prompt_tokens_total",
          "generation_tokens_total",
          "request_success_total",
          "time_to_first_token_seconds",
          "inter_token_latency_seconds",
          "e2e_request_latency_seconds",
          "request_queue_time_seconds",
          "request_prefill_time_seconds",
          "request_decode_time_seconds",
          "request_prompt_tokens",
          "request_generation_tokens",
          "iteration_tokens");

  /** Prometheus' libraries keep "_total" for counters; vLLM has a histogram of that name. */
  private static final String STEP_TOKENS = MeterNames.VLLM_PREFIX + "iteration_tokens";

  private VllmNames() {}

  static String addTo(String text) {
    StringBuilder all = new StringBuilder(text.length() * 2).append(text);
    String family = "";
    for (String line : text.split("\n")) {
      if (line.startsWith("# HELP ")) {
        family = line.split(" ", 4)[2];
      }
      boolean shared =
          family.startsWith(MeterNames.TEXT_PREFIX)
              && SHARED.contains(family.substring(MeterNames.TEXT_PREFIX.length()));
      if (shared) {
        String named = line.replaceFirst(MeterNames.TEXT_PREFIX, MeterNames.VLLM_PREFIX);
        all.append(named.replace(STEP_TOKENS, STEP_TOKENS + "_total")).append('\n');
      }
    }
    return all.toString();
  }
}
