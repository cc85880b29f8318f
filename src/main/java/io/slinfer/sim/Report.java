package io.slinfer.sim;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What a simulation found; times in seconds, devices used as means over the arrival time. */
public record Report(
    int requests,
    int served,
    int refused,
    @JsonProperty("slo_met") int sloMet,
    @JsonProperty("slo_rate") double sloRate,
    @JsonProperty("slo_met_strict") int sloMetStrict,
    @JsonProperty("ttft_p50") double ttftP50,
    @JsonProperty("ttft_p95") double ttftP95,
    @JsonProperty("ttft_p99") double ttftP99,
    @JsonProperty("tpot_p50") double tpotP50,
    @JsonProperty("tpot_p95") double tpotP95,
    @JsonProperty("tpot_p99") double tpotP99,
    @JsonProperty("cpu_devices_used") double cpuDevicesUsed,
    @JsonProperty("gpu_devices_used") double gpuDevicesUsed,
    @JsonProperty("cold_starts") int coldStarts,
    int preemptions,
    int migrations,
    @JsonProperty("kv_scale_seconds") double kvScaleSeconds,
    @JsonProperty("wall_seconds") double wallSeconds) {}
