package io.slinfer.engine.gpu;

import io.slinfer.model.gguf.TensorType;

/**
 * A matrix on the device, as the file has it: {@code rows} outputs of {@code columns} inputs.
 *
 * @param bias address of a float32 number for each row; 0 if there is none
 * @param expertBytes how far apart the same matrix of neighbouring experts is; 0 without experts
 */
record GpuMatrix(
    TensorType type, long address, int rows, int columns, long bias, long expertBytes) {}
