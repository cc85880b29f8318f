package io.slinfer.engine.gpu;

/**
 * Rows of float16 on the device with a power of two for each.
 *
 * @param address of the rows, densely packed
 * @param scale address of a float32 factor for each row
 */
record Rows16(long address, long scale) {}
