package io.slinfer.engine.gpu;

import java.io.Serial;

/** A call of the driver failed: the device may be lost with all that it holds. */
public final class GpuException extends RuntimeException {

  @Serial private static final long serialVersionUID = 1;

  /**
   * @param call the driver's function
   * @param error the driver's name of the error, such as {@code CUDA_ERROR_ECC_UNCORRECTABLE}
   */
  public GpuException(String call, String error) {
    super(call + ": " + error);
  }
}
