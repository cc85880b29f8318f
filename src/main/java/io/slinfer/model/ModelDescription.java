package io.slinfer.model;

import io.slinfer.kvcache.BlockTable;
import io.slinfer.model.gguf.GgufFile;
import io.slinfer.model.gguf.GgufMetadata;
import io.slinfer.model.gguf.GgufTensor;
import java.util.Map;

/**
 * What a file's metadata and tensors make together: a model that can be served. Valid while the
 * file is open.
 */
public record ModelDescription(Architecture architecture, ModelTensors tensors, long weightBytes) {

  /** Rows of activations that an engine computes at once; longer steps are cut into such pieces. */
  public static final int BATCH_ROWS = 512;

  /** Rows of logits that an engine computes at once. */
  public static final int LOGIT_ROWS = 64;

  /**
   * Reads and checks a file. Reads no weights but rotary factors.
   *
   * @throws UnservableModelException when metadata or tensors are missing, contradict each other,
   *     or ask for what no engine here does
   */
  public static ModelDescription read(GgufFile file) throws UnservableModelException {
    return read(file.metadata(), file.tensors());
  }

  /** As {@link #read(GgufFile)}, from a file's parts. */
  static ModelDescription read(GgufMetadata metadata, Map<String, GgufTensor> tensorsByName)
      throws UnservableModelException {
    String name = metadata.values().get("general.architecture") instanceof String s ? s : "";
    Family family = Family.named(name);
    if (family == null) {
      throw new UnservableModelException(
          name.isEmpty()
              ? "metadata key general.architecture is missing"
              : "architecture " + name + " is not supported; allowed: " + Family.names());
    }
    TensorTable table = new TensorTable(tensorsByName);
    Architecture architecture =
        new ArchitectureReader(family, new Hyperparameters(metadata, family), table).read();
    ModelTensors tensors = new TensorReader(family, architecture, table).read();
    table.requireAllTaken(family);
    long weightBytes =
        tensorsByName.values().stream().mapToLong(tensor -> tensor.data().byteSize()).sum();
    return new ModelDescription(architecture, tensors, weightBytes);
  }

  /** What serving it takes. */
  public MemoryNeed memoryNeed() {
    return new MemoryNeed(
        weightBytes, architecture.kvBytes(BlockTable.TOKENS_PER_BLOCK), scratchBytes());
  }

  /** Activations of {@link #BATCH_ROWS} rows and logits of {@link #LOGIT_ROWS}, as float32. */
  private long scratchBytes() {
    Architecture.Attention attention = architecture.attention();
    Architecture.FeedForward feedForward = architecture.feedForward();
    long expertRowNumbers = 2L * feedForward.expertWidth() + 2L * architecture.hiddenSize();
    long rowNumbers =
        3L * architecture.hiddenSize()
            + 2L * attention.queryWidth()
            + 2L * attention.kvWidth()
            + 2L * feedForward.width()
            + (feedForward.experts() == 0 ? 0 : feedForward.experts() + expertRowNumbers);
    return Float.BYTES
        * (BATCH_ROWS * rowNumbers + (long) LOGIT_ROWS * architecture.vocabularySize());
  }
}
