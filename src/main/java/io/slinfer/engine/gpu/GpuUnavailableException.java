package io.slinfer.engine.gpu;

import java.io.Serial;

/** There is no GPU that could be used; the message says why, in one sentence. */
public final class GpuUnavailableException extends Exception {

  @Serial private static final long serialVersionUID = 1;

  public GpuUnavailableException(String message) {
    super(message);
  }

  public GpuUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
