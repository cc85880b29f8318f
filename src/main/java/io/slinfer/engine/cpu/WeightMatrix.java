package io.slinfer.engine.cpu;

import io.slinfer.model.gguf.TensorType;
import java.lang.foreign.MemorySegment;

/**
 * A matrix of weights as it lies in the mapped file: {@code rows} outputs of {@code columns}
 * inputs, row after row, each row whole blocks of {@code type}.
 */
public record WeightMatrix(TensorType type, MemorySegment data, int rows, int columns) {

  public WeightMatrix {
    long bytes = (long) rows * rowBytes(type, columns);
    if (rows < 1 || columns < 1 || columns % type.blockLength() != 0 || data.byteSize() < bytes) {
      throw new IllegalArgumentException(
          "a "
              + type
              + " matrix of "
              + rows
              + " x "
              + columns
              + " in "
              + data.byteSize()
              + " bytes");
    }
  }

  /** Bytes of one row. */
  public long rowBytes() {
    return rowBytes(type, columns);
  }

  /** Rows {@code first} to {@code first + count - 1}, sharing the data. */
  public WeightMatrix rowSlice(int first, int count) {
    return new WeightMatrix(
        type, data.asSlice(first * rowBytes(), count * rowBytes()), count, columns);
  }

  private static long rowBytes(TensorType type, int columns) {
    return (long) (columns / type.blockLength()) * type.blockBytes();
  }
}
