package io.slinfer.model.gguf;

/**
 * How a tensor's numbers are stored: the GGUF type code, how many numbers a block has and how many
 * bytes it takes. Source: the GGUF specification and ggml's block layouts.
 */
public enum TensorType {
  F32(0, 1, 4),
  F16(1, 1, 2),
  Q4_0(2, 32, 18),
  Q4_1(3, 32, 20),
  Q5_0(6, 32, 22),
  Q5_1(7, 32, 24),
  Q8_0(8, 32, 34),
  Q2_K(10, 256, 84),
  Q3_K(11, 256, 110),
  Q4_K(12, 256, 144),
  Q5_K(13, 256, 176),
  Q6_K(14, 256, 210),
  IQ4_NL(20, 32, 18),
  IQ4_XS(23, 256, 136),
  I8(24, 1, 1),
  I16(25, 1, 2),
  I32(26, 1, 4),
  I64(27, 1, 8),
  F64(28, 1, 8),
  BF16(30, 1, 2),
  MXFP4(39, 32, 17);

  private final int code;
  private final int blockLength;
  private final int blockBytes;

  TensorType(int code, int blockLength, int blockBytes) {
    this.code = code;
    this.blockLength = blockLength;
    this.blockBytes = blockBytes;
  }

  /** The number that stands for this type in a GGUF file. */
  public int code() {
    return code;
  }

  /** Numbers in one block. */
  public int blockLength() {
    return blockLength;
  }

  /** Bytes of one block. */
  public int blockBytes() {
    return blockBytes;
  }

  /** The type with this code, or null if SLINFER does not know it. */
  public static TensorType ofCode(int code) {
    for (TensorType type : values()) {
      if (type.code == code) {
        return type;
      }
    }
    return null;
  }
}
