package io.slinfer.engine.gpu;

import io.slinfer.engine.EngineEvent.SequenceOutput;
import io.slinfer.engine.KvImage;
import io.slinfer.engine.LoadedModel;
import io.slinfer.engine.ModelSource;
import io.slinfer.engine.Sequence;
import io.slinfer.engine.StepPlan;
import io.slinfer.engine.device.DeviceInstance;
import io.slinfer.engine.device.OutputDrawer;
import io.slinfer.engine.device.PooledStates;
import io.slinfer.ffi.ReservedMemory;
import io.slinfer.model.Architecture;
import io.slinfer.model.ModelDescription;
import io.slinfer.model.UnservableModelException;
import io.slinfer.model.gguf.GgufFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * One model on the device: weights, KV space, activations, and everything a step needs. The file is
 * closed once its weights are on the device.
 */
final class GpuInstance implements DeviceInstance {

  private final GpuDriver driver;
  private final LoadedModel loadedModel;
  private final GpuKvSpace kv;
  private final StepData data;
  private final GpuForwardPass pass;
  private final StepGraphs graphs;
  private final StepOutputs outputs;

  /** What {@link #close} closes, last opened first. */
  private final Deque<AutoCloseable> resources = new ArrayDeque<>();

  /**
   * The device, as instances share it.
   *
   * @param copiers bring weights over
   */
  record Device(
      GpuDriver driver, DeviceMemory memory, WeightCopiers copiers, GpuEngine.Settings settings) {}

  GpuInstance(Device device, ModelSource source) throws IOException, UnservableModelException {
    this.driver = device.driver();
    try (GgufFile file = GgufFile.open(source.parts().getFirst());
        Arena during = Arena.ofShared()) {
      file.mappings().forEach(ReservedMemory::inLargePages);
      ModelDescription description = ModelDescription.read(file);
      Architecture architecture = description.architecture();
      GpuLimits.check(description);
      int rows = device.settings().batchRows();
      WeightPlan plan = new WeightPlan(during);
      GpuWeights planned = GpuWeights.plan(architecture, description.tensors(), plan, rows);
      DeviceMemory.Buffer weights = opened(device.memory().allocate(plan.bytes()));
      KvLayout layout = KvLayout.of(architecture, driver.properties().pageBytes());
      kv =
          opened(
              new GpuKvSpace(driver, device.memory(), layout, device.settings().kvAddressBytes()));
      GpuScratch scratch = GpuScratch.of(architecture, rows, driver.properties().multiprocessors());
      DeviceMemory.Buffer activations = opened(device.memory().allocate(scratch.bytes()));
      Arena arena = Arena.ofShared();
      resources.push(arena::close);
      GpuKernels kernels = new GpuKernels(driver, arena);
      pass =
          new GpuForwardPass(
              kernels,
              architecture,
              planned.at(weights.address()),
              scratch.at(activations.address()),
              kv);
      data = opened(stepData(device, architecture));
      graphs = opened(new StepGraphs(driver, device.settings().graphs()));
      outputs =
          opened(
              new StepOutputs(
                  device,
                  architecture,
                  new OutputDrawer(architecture.scales(), device.settings().observer()),
                  new PooledStates(architecture.hiddenSize())));
      device.copiers().copy(plan.parts(), weights.address());
      loadedModel = loadedModel(source, architecture, plan.bytes());
    } catch (IOException | UnservableModelException | RuntimeException | Error failure) {
      close();
      throw failure;
    }
  }

  private StepData stepData(Device device, Architecture architecture) {
    Architecture.Attention attention = architecture.attention();
    return new StepData(
        driver,
        device.memory(),
        kv,
        new StepData.Shape(
            device.settings().batchRows(),
            architecture.vocabularySize(),
            attention.heads() / attention.kvHeads(),
            attention.kvHeads(),
            OutputDrawer.shortTokens(architecture)),
        device.settings().observer());
  }

  private LoadedModel loadedModel(ModelSource source, Architecture architecture, long bytes) {
    int limit = source.maxContextTokens();
    return new LoadedModel(
        bytes,
        kv.layout().shareBytes(),
        kv.layout().blocksPerSlab(),
        kv.maxSlabs(),
        limit > 0 ? Math.min(limit, architecture.contextTokens()) : architecture.contextTokens(),
        architecture.vocabularySize(),
        OutputDrawer.shortTokens(architecture));
  }

  private <T extends AutoCloseable> T opened(T resource) {
    resources.push(resource);
    return resource;
  }

  @Override
  public LoadedModel loadedModel() {
    return loadedModel;
  }

  @Override
  public List<SequenceOutput> step(StepPlan plan) {
    List<SequenceOutput> results = new ArrayList<>(plan.chunks().size());
    data.start(plan.chunks());
    try {
      while (data.next()) {
        data.send();
        if (outputs.choosesOnDevice(data)) {
          graphs.run(data, this::decodeGreedily);
          outputs.takeGreedy(data, pass, results);
        } else {
          pass.run(data);
          outputs.take(data, pass, results);
        }
        // Its rows are overwritten by the next pass, and the device may not have read them yet.
        driver.synchronize(GpuDriver.COMPUTE);
      }
    } finally {
      data.end();
    }
    return results;
  }

  private void decodeGreedily() {
    pass.run(data);
    pass.logits(0, data.outputs());
    pass.greedy(data.outputs());
  }

  @Override
  public void mapSlabs(int[] slabs) {
    kv.map(slabs);
  }

  @Override
  public void unmapSlabs(int[] slabs) {
    kv.unmap(slabs);
  }

  @Override
  public KvImage exportKv(Sequence sequence) {
    return kv.copyOut(sequence);
  }

  @Override
  public void importKv(Sequence sequence, KvImage image) {
    if (!(image instanceof GpuKvImage own)) {
      throw new IllegalArgumentException("the image is not one of this kind of engine");
    }
    kv.copyIn(sequence, own);
  }

  /** Frees everything; what fails does not keep the rest from being freed. */
  @Override
  public void close() {
    RuntimeException first = null;
    while (!resources.isEmpty()) {
      try {
        resources.pop().close();
      } catch (Exception failure) {
        first = first == null ? new IllegalStateException(failure) : first;
      }
    }
    if (first != null) {
      throw first;
    }
  }
}
