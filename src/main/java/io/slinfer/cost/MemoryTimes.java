package io.slinfer.cost;

/**
 * How long memory work takes on a GPU.
 *
 * @param loadFixedNanos part of a load that does not depend on its bytes
 * @param linkBytesPerNano host to device and device to host, each
 * @param resizePerLayerNanos part of a KV resize that does not depend on its bytes
 * @param copyBytesPerNano device memory copied within the device
 * @param pausedKvBytes most KV that a GPU may keep on the host
 */
public record MemoryTimes(
    long loadFixedNanos,
    double linkBytesPerNano,
    long resizePerLayerNanos,
    double copyBytesPerNano,
    long unloadNanos,
    long evictNanos,
    long pausedKvBytes) {

  /** A load that has the link to itself. */
  public long loadNanos(ModelShape shape) {
    return loadFixedNanos + linkNanos(shape.weightBytes());
  }

  /** Bytes over a link that nobody else uses. */
  public long linkNanos(long bytes) {
    return Math.round(bytes / linkBytesPerNano);
  }

  /** A KV resize that copies this many bytes. */
  public long resizeNanos(ModelShape shape, long copiedBytes) {
    return resizePerLayerNanos * shape.layers() + Math.round(copiedBytes / copyBytesPerNano);
  }
}
