package io.slinfer.engine.cpu;

import io.slinfer.engine.Engine;
import io.slinfer.engine.EngineDescription;
import io.slinfer.engine.EngineListener;
import io.slinfer.engine.ModelSource;
import io.slinfer.engine.device.Backend;
import io.slinfer.engine.device.DeviceInstance;
import io.slinfer.engine.device.LogitsObserver;
import io.slinfer.engine.device.ThreadedEngine;
import io.slinfer.ffi.ReservedMemory;
import io.slinfer.model.UnservableModelException;
import io.slinfer.request.Failure;
import java.io.IOException;
import java.util.concurrent.Executor;

/** Makes the engine on a CPU: its kernels behind the threads of {@link ThreadedEngine}. */
public final class CpuEngine {

  /** Weights and KV blocks take memory in pieces of this. */
  public static final int PAGE_BYTES = ReservedMemory.PAGE_BYTES;

  private CpuEngine() {}

  /**
   * @param kvAddressBytes address space for the KV blocks of each instance: at least what the
   *     device could ever give one; takes no memory by itself
   * @param observer sees logits; {@link LogitsObserver#NONE} in service
   * @param scratchBytes memory for the activations of a step, shared by all instances
   * @param takesAhead whether memory is taken before it is used: a load reads the whole file, KV
   *     and scratch are backed when they are given out. Then what is held is known, and no step
   *     waits for the disk; else pages come as steps need them
   */
  public record Settings(
      String kind,
      long kvAddressBytes,
      LogitsObserver observer,
      long scratchBytes,
      boolean takesAhead) {

    /** Address space enough for a pass of the largest models. */
    private static final long ROOMY_SCRATCH_BYTES = 1L << 31;

    /** Memory is taken as steps need it. */
    public Settings(String kind, long kvAddressBytes, LogitsObserver observer) {
      this(kind, kvAddressBytes, observer, ROOMY_SCRATCH_BYTES, false);
    }
  }

  /** The kernels as a device, with the memory for activations that its instances share. */
  private record CpuBackend(CpuKernels kernels, Settings settings, ReservedMemory scratch)
      implements Backend {

    CpuBackend {
      if (settings.takesAhead()) {
        scratch.take(0, scratch.segment().byteSize());
      }
    }

    @Override
    public void attach() {
      // Memory is every thread's.
    }

    @Override
    public boolean movesMemoryBesideSteps() {
      return true;
    }

    @Override
    public DeviceInstance load(ModelSource source) throws IOException, UnservableModelException {
      CpuInstance loaded =
          CpuInstance.load(
              new CpuInstance.Surroundings(
                  kernels,
                  settings.kvAddressBytes(),
                  settings.observer(),
                  scratch.segment(),
                  settings.takesAhead()),
              source);
      if (settings.takesAhead()) {
        loaded.readWeights();
      }
      return loaded;
    }

    @Override
    public Failure failureOf(Throwable failure) {
      return null;
    }

    @Override
    public void close() {
      kernels.close();
      scratch.close();
    }
  }

  /**
   * @param kernels closed with the engine
   * @param owner runs tasks on the owner's thread, in order
   * @param listener gets events there
   */
  public static Engine of(
      CpuKernels kernels, Settings settings, Executor owner, EngineListener listener) {
    return new ThreadedEngine(
        new EngineDescription(settings.kind(), kernels.description(), false),
        new CpuBackend(kernels, settings, ReservedMemory.of(settings.scratchBytes())),
        owner,
        listener);
  }

  /** What a KV block takes that holds this many bytes: whole pages. */
  public static long kvBlockBytes(long contentBytes) {
    return KvSpace.strideBytes(contentBytes);
  }
}
