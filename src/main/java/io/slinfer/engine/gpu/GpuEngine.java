package io.slinfer.engine.gpu;

import io.slinfer.engine.Engine;
import io.slinfer.engine.EngineDescription;
import io.slinfer.engine.EngineListener;
import io.slinfer.engine.KvImage;
import io.slinfer.engine.ModelSource;
import io.slinfer.engine.Sequence;
import io.slinfer.engine.StepPlan;
import io.slinfer.engine.device.LogitsObserver;
import io.slinfer.engine.device.ThreadedEngine;
import io.slinfer.kvcache.BlockTable;
import io.slinfer.model.ModelDescription;
import io.slinfer.request.InstanceId;
import java.util.concurrent.Executor;

/**
 * The engine on one NVIDIA GPU. Several models share it step by step; each has its weights and
 * activations in buffers of its own and its KV in an address range whose pages come and go.
 */
public final class GpuEngine implements Engine {

  private final GpuBackend backend;
  private final Engine engine;

  /**
   * @param id of the device, such as {@code gpu:0}, for messages
   * @param kvAddressBytes address space for the KV blocks of each instance: at least what the
   *     device could ever give one; takes no memory by itself
   * @param batchRows rows of a pass, at most; longer steps are cut
   * @param graphs whether decodes are recorded and launched as one
   * @param observer sees logits; {@link LogitsObserver#NONE} in service
   */
  public record Settings(
      String id, long kvAddressBytes, int batchRows, boolean graphs, LogitsObserver observer) {

    /** Rows of a pass in service: enough to fill the device in prefill. */
    public static final int USUAL_ROWS = 2048;

    /** In service. */
    public Settings(String id, long kvAddressBytes, LogitsObserver observer) {
      this(id, kvAddressBytes, USUAL_ROWS, true, observer);
    }
  }

  /**
   * @param driver closed with the engine
   * @param owner runs tasks on the owner's thread, in order
   * @param listener gets events there
   */
  public GpuEngine(GpuDriver driver, Settings settings, Executor owner, EngineListener listener) {
    backend = new GpuBackend(driver, settings);
    engine =
        new ThreadedEngine(
            new EngineDescription("gpu", driver.properties().description(), false),
            backend,
            owner,
            listener);
  }

  /** Bytes of a KV block on a device with such pages, with its share of what is wasted. */
  public static long kvBlockBytes(ModelDescription description, long pageBytes) {
    return KvLayout.of(description.architecture(), pageBytes).shareBytes();
  }

  /** Tokens of a KV block. */
  public static int blockTokens() {
    return BlockTable.TOKENS_PER_BLOCK;
  }

  /** Bytes of activations that an instance holds beside its weights. */
  public static long scratchBytes(ModelDescription description, GpuProperties properties) {
    return GpuScratch.of(
            description.architecture(), Settings.USUAL_ROWS, properties.multiprocessors())
        .bytes();
  }

  /** Bytes that weights, activations and KV hold on the device now. Any thread. */
  public long heldBytes() {
    return backend.heldBytes();
  }

  /** Whether the device has failed; then every command fails. Any thread. */
  public boolean isLost() {
    return backend.isLost();
  }

  @Override
  public EngineDescription description() {
    return engine.description();
  }

  @Override
  public void load(long ticket, InstanceId instance, ModelSource source) {
    engine.load(ticket, instance, source);
  }

  @Override
  public void step(StepPlan plan) {
    engine.step(plan);
  }

  @Override
  public void mapSlabs(long ticket, InstanceId instance, int[] slabs) {
    engine.mapSlabs(ticket, instance, slabs);
  }

  @Override
  public void unmapSlabs(long ticket, InstanceId instance, int[] slabs) {
    engine.unmapSlabs(ticket, instance, slabs);
  }

  @Override
  public void exportKv(long ticket, InstanceId instance, Sequence sequence) {
    engine.exportKv(ticket, instance, sequence);
  }

  @Override
  public void importKv(long ticket, InstanceId instance, Sequence sequence, KvImage image) {
    engine.importKv(ticket, instance, sequence, image);
  }

  @Override
  public void dropWeights(long ticket, InstanceId instance) {
    engine.dropWeights(ticket, instance);
  }

  @Override
  public void readWeights(long ticket, InstanceId instance) {
    engine.readWeights(ticket, instance);
  }

  @Override
  public void unload(long ticket, InstanceId instance) {
    engine.unload(ticket, instance);
  }

  @Override
  public void close() {
    engine.close();
  }
}
