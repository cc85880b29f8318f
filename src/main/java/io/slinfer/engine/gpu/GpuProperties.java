package io.slinfer.engine.gpu;

/**
 * What a GPU is.
 *
 * @param multiprocessors how many blocks run at once, at least
 * @param majorMinor compute capability, such as 90
 * @param driverVersion what CUDA version the driver speaks, such as 13000
 * @param pageBytes grain of mapped memory
 * @param sharedBytes shared memory that a block can have
 */
public record GpuProperties(
    String name,
    int multiprocessors,
    int majorMinor,
    int driverVersion,
    long memoryBytes,
    long pageBytes,
    int sharedBytes) {

  /** One line for logs. */
  public String description() {
    return name
        + ", compute capability "
        + majorMinor / 10
        + "."
        + majorMinor % 10
        + ", "
        + (memoryBytes >> 20)
        + " MiB, CUDA "
        + driverVersion / 1000
        + "."
        + driverVersion % 1000 / 10
        + " driver";
  }
}
