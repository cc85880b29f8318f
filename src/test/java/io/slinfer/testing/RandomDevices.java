package io.slinfer.testing;

import io.slinfer.cost.DeviceKind;
import io.slinfer.cost.DeviceSpec;
import io.slinfer.cost.InstanceCosts;
import io.slinfer.cost.LatencyProfile;
import io.slinfer.cost.LatencyProfile.Curve;
import io.slinfer.cost.LatencyProfile.DecodeRow;
import io.slinfer.cost.ModelShape;
import io.slinfer.request.DeviceId;
import java.util.List;
import java.util.Random;

/** Devices and models of random size for property tests; the same random gives the same. */
public final class RandomDevices {

  private static final long MIB = 1L << 20;

  private RandomDevices() {}

  /** A GPU with 4 to 80 GiB and up to 8 slots, KV blocks of 16 tokens. */
  public static DeviceSpec gpu(Random random) {
    return new DeviceSpec(
        new DeviceId("gpu:0"),
        DeviceKind.GPU,
        (4096 + random.nextInt(76 * 1024)) * MIB,
        1 + random.nextInt(8),
        16,
        0,
        1 + random.nextInt(4));
  }

  /** A CPU that has every model at hand and gives each instance 1 to 16 GiB of KV. */
  public static DeviceSpec cpu(Random random) {
    return new DeviceSpec(
        new DeviceId("cpu:0"),
        DeviceKind.CPU,
        0,
        1 + random.nextInt(4),
        32,
        (1024 + random.nextInt(15 * 1024)) * MIB,
        1);
  }

  /** A model of 0.5 to 30 GiB; steps grow with tokens and batch. */
  public static InstanceCosts costs(Random random) {
    double base = 2e6 + random.nextInt(60_000_000);
    return new InstanceCosts(
        new ModelShape(
            (512 + random.nextInt(30 * 1024)) * MIB,
            (16 + random.nextInt(800)) * 1024L,
            1 + random.nextInt(60)),
        new LatencyProfile(
            curve(base / 2, base * 20, 1, 4096),
            List.of(
                new DecodeRow(128, curve(base, base * 3, 1, 64)),
                new DecodeRow(4096, curve(base * 1.5, base * 9, 1, 64)))),
        1 + random.nextDouble() / 5,
        1 + random.nextInt(64),
        1 + random.nextInt(32));
  }

  private static Curve curve(double first, double last, double from, double to) {
    return new Curve(new double[] {from, to}, new double[] {first, last});
  }
}
