package io.slinfer.cli;

import io.slinfer.config.DeviceSettings;
import io.slinfer.config.ServingSettings;
import io.slinfer.config.Settings;
import io.slinfer.config.SettingsException;
import io.slinfer.cost.DeviceKind;
import io.slinfer.cost.DeviceSpec;
import io.slinfer.cost.MemoryTimes;
import io.slinfer.kvcache.BlockTable;
import io.slinfer.memory.Residence;
import io.slinfer.node.DeviceParts;
import io.slinfer.node.EngineFactory;
import io.slinfer.scheduler.ServingPolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

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

  /** The CPU and the GPUs of this machine, as the settings name them. */
  public static Server.Parts real(Settings settings) {
    List<DeviceParts> parts = new ArrayList<>();
    ServingPolicy policy = null;
    int threads = Runtime.getRuntime().availableProcessors();
    Supplier<String> machine = () -> "";
    GpuDevices gpus = new GpuDevices();
    for (DeviceSettings device : settings.devices()) {
      if (device.realGpu()) {
        Optional<DeviceParts> gpu = gpus.parts(settings, device);
        gpu.ifPresent(parts::add);
        if (gpu.isPresent() && policy == null) {
          policy = policy(settings, device, GpuDevices.TIMES);
        }
        continue;
      }
      long memoryBytes =
          device.memoryBytes() > 0 ? device.memoryBytes() : AvailableMemory.spareBytes();
      long scratchBytes = Math.min(MOST_SCRATCH_BYTES, memoryBytes / SCRATCH_PART);
      long leftBytes = memoryBytes - scratchBytes;
      threads = device.threads() > 0 ? device.threads() : threads;
      ServingPolicy own = policy(settings, device, CPU_TIMES);
      policy = policy == null ? own : policy;
      CpuEngines engines = new CpuEngines(device, leftBytes, scratchBytes);
      machine = engines::machine;
      parts.add(parts(device, DeviceKind.CPU, leftBytes, own, engines));
    }
    if (parts.isEmpty()) {
      throw new SettingsException("devices: none of them can be used; add the device cpu");
    }
    int kernelThreads = threads;
    Supplier<String> cpu = machine;
    MeasuredProfiles profiles = new MeasuredProfiles(settings.profiles().directory());
    long firstUseNanos = TimeUnit.MILLISECONDS.toNanos(settings.profiles().firstUseMillis());
    return new Server.Parts(
        parts,
        policy,
        vertx ->
            gpus.costs(new CpuCosts(vertx, kernelThreads, cpu, profiles, firstUseNanos), vertx));
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
