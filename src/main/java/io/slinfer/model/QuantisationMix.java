package io.slinfer.model;

import io.slinfer.model.gguf.TensorType;

/**
 * Which tensor type each matrix of a model gets, as the usual quantisers choose it: one type
 * throughout, but for Q4_K_M, which stores the output and the more sensitive half of the value and
 * down projections in Q6_K.
 */
public enum QuantisationMix {
  F32(TensorType.F32, 0),
  F16(TensorType.F16, 1),
  BF16(TensorType.BF16, 32),
  Q8_0(TensorType.Q8_0, 7),
  Q4_0(TensorType.Q4_0, 2),
  Q4_K_M(TensorType.Q4_K, 15);

  private final TensorType type;
  private final int fileType;

  QuantisationMix(TensorType type, int fileType) {
    this.type = type;
    this.fileType = fileType;
  }

  /** The number that {@code general.file_type} has for this mix. */
  public long fileType() {
    return fileType;
  }

  /** The type of embedding and attention matrices, but the value projection. */
  public TensorType type() {
    return type;
  }

  /** The type of the matrix that gives the logits. */
  public TensorType outputType() {
    return this == Q4_K_M ? TensorType.Q6_K : type;
  }

  /** The type of a layer's value and down projections. */
  public TensorType sensitiveType(int layer, int layers) {
    int eighth = layers / 8;
    boolean more = layer < eighth || layer >= 7 * layers / 8 || (layer - eighth) % 3 == 2;
    return this == Q4_K_M && more ? TensorType.Q6_K : type;
  }
}
