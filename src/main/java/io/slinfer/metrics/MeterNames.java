package io.slinfer.metrics;

/** The prefixes of meter names. */
final class MeterNames {

  /** Of every meter of ours. */
  static final String PREFIX = "slinfer.";

  /** Of ours in the text of /metrics. */
  static final String TEXT_PREFIX = "slinfer_";

  /** Of vLLM's in the text of /metrics. */
  static final String VLLM_PREFIX = "vllm:";

  private MeterNames() {}
}
