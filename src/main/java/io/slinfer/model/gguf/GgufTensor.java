package io.slinfer.model.gguf;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * One tensor of a file, its bytes mapped read-only.
 *
 * @param dimensions sizes, fastest-varying first: a matrix is {@code [columns, rows]}
 * @param data the blocks, rows one after another; valid until the file is closed
 */
public record GgufTensor(String name, TensorType type, List<Long> dimensions, MemorySegment data) {

  /** Numbers in a row: the fastest-varying dimension. */
  public long columns() {
    return dimensions.get(0);
  }

  /** Rows of all other dimensions together; 1 for a vector. */
  public long rows() {
    long rows = 1;
    for (int i = 1; i < dimensions.size(); i++) {
      rows *= dimensions.get(i);
    }
    return rows;
  }

  /** Bytes of one row. */
  public long rowBytes() {
    return columns() / type.blockLength() * type.blockBytes();
  }
}
