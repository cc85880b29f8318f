package io.slinfer.cli;

import io.slinfer.config.DeviceSettings;
import io.slinfer.config.ServingSettings;
import io.slinfer.config.Settings;
import io.slinfer.cost.DeviceKind;
import io.slinfer.cost.DeviceSpec;
import io.slinfer.cost.MemoryTimes;
import io.slinfer.kvcache.BlockTable;
import io.slinfer.memory.Residence;
import io.slinfer.node.DeviceParts;
import io.slinfer.node.EngineFactory;
import io.slinfer.scheduler.ServingPolicy;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Puts the devices of the settings together. */
public final class NodeDevices {

  /** More instances than any memory would hold. */
  private static final int SLOTS = 1 << 12;

  /** Files are mapped and read once; nothing is ever paused to the host, which is the device. */
  private static final MemoryTimes CPU_TIMES =
      new MemoryTimes(20_000_000L, 3, 10_000, 10, 1_000_000, 1_000_000, 0);

  /** Activations get this part of a CPU's memory, but no more than they could use. */
  private static final int SCRATCH_PART = 16;

  private static final long MOST_SCRATCH_BYTES = 64L << 20;

  private NodeDevices() {}

  /** The CPU of this machine. */
  public static Server.Parts cpu(Settings settings) {
    DeviceSettings device = settings.device();
    long memoryBytes =
        device.memoryBytes() > 0 ? device.memoryBytes() : AvailableMemory.spareBytes();
    int threads =
        device.threads() > 0 ? device.threads() : Runtime.getRuntime().availableProcessors();
    ServingPolicy policy = policy(settings, device, CPU_TIMES);
    long scratchBytes = Math.min(MOST_SCRATCH_BYTES, memoryBytes / SCRATCH_PART);
    long leftBytes = memoryBytes - scratchBytes;
    CpuEngines engines = new CpuEngines(device, leftBytes, scratchBytes);
    DeviceParts parts = parts(device, DeviceKind.CPU, leftBytes, policy, engines);
    MeasuredProfiles profiles = new MeasuredProfiles(settings.profiles().directory());
    long firstUseNanos = TimeUnit.MILLISECONDS.toNanos(settings.profiles().firstUseMillis());
    return new Server.Parts(
        List.of(parts),
        policy,
        vertx -> new CpuCosts(vertx, threads, engines::machine, profiles, firstUseNanos));
  }

  /** Emulated devices. */
  static Server.Parts emulated(Settings settings, EmulatedServing emulated) {
    DeviceSettings first = settings.device();
    ServingPolicy policy = policy(settings, first, first.emulation().times());
    List<DeviceParts> parts =
        settings.devices().stream()
            .map(
                device ->
                    parts(
                        device,
                        device.emulation().kind(),
                        device.memoryBytes(),
                        policy(settings, device, device.emulation().times()),
                        emulated.engine(device)))
            .toList();
    return new Server.Parts(parts, policy, vertx -> emulated::costs);
  }

  /** How the settings want the models to share a device. */
  public static ServingPolicy policy(Settings settings, DeviceSettings device, MemoryTimes times) {
    ServingSettings serving = settings.serving();
    return new ServingPolicy(
        device.prefillChunkTokens(),
        device.maxBatch(),
        new Residence(
            // A device that is another model's is only free once that has left.
            serving.exclusive() ? 0 : TimeUnit.MILLISECONDS.toNanos(serving.keepAliveMillis()),
            serving.exclusive() ? 0 : TimeUnit.MILLISECONDS.toNanos(serving.leastResidenceMillis()),
            true,
            model -> serving.pinned().contains(model.value())),
        times);
  }

  /** A device whose memory goes where it is needed. */
  public static DeviceParts parts(
      DeviceSettings device,
      DeviceKind kind,
      long memoryBytes,
      ServingPolicy policy,
      EngineFactory engines) {
    DeviceSpec spec =
        new DeviceSpec(device.id(), kind, memoryBytes, SLOTS, BlockTable.TOKENS_PER_BLOCK, 0, 1);
    return new DeviceParts(spec, policy, engines, device.emulated());
  }
}
