package io.slinfer.cli;

import io.slinfer.config.ProfileFile;
import io.slinfer.config.ProfileFile.DeviceLatency;
import io.slinfer.cost.ModelShape;
import java.util.Map;

/**
 * A model with what was measured of it on one device.
 *
 * @param name for people
 */
record MeasuredModel(String name, ModelShape shape, DeviceLatency latency) {

  private static final double GIB = 1L << 30;

  /** A profile file with this one device. */
  ProfileFile file(String device) {
    return new ProfileFile(
        name,
        shape.weightBytes() / GIB,
        shape.kvBytesPerToken() / 1_024.0,
        shape.layers(),
        Map.of(device, latency));
  }
}
