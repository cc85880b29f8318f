package io.slinfer.engine.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.slinfer.ffi.SystemLibrary;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** What a machine without a GPU says. */
final class CudaTest {

  @Test
  void withoutADriverTheMessageSaysSo() {
    Assumptions.assumeFalse(SystemLibrary.isThere("libcuda.so.1"), "this machine has a driver");
    GpuUnavailableException failure =
        assertThrows(GpuUnavailableException.class, () -> Cuda.open(0));
    assertEquals("no NVIDIA driver is installed (libcuda.so.1 is not found)", failure.getMessage());
  }
}
