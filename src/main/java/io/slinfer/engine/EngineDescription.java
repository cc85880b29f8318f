package io.slinfer.engine;

/**
 * What an engine is, for logs, metrics and answers.
 *
 * @param kind {@code cpu}, {@code java}, {@code gpu} or {@code emulated}
 * @param detail one line: kernels, instruction set, threads
 * @param emulated true when tokens are made up and time is taken from a profile
 */
public record EngineDescription(String kind, String detail, boolean emulated) {}
