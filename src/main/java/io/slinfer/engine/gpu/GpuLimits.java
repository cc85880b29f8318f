package io.slinfer.engine.gpu;

import io.slinfer.model.Architecture;
import io.slinfer.model.ModelDescription;
import io.slinfer.model.ModelTensors;
import io.slinfer.model.UnservableModelException;
import java.util.ArrayList;
import java.util.List;

/** What the CUDA kernels cannot do. Pure. */
final class GpuLimits {

  private static final int CHUNK = 32;
  private static final int LARGEST_HEAD = 256;
  private static final int HEAD_GRAIN = 8;
  private static final int LARGEST_GROUP = 64;
  private static final int WIDEST_KEYS = 16_384;

  private GpuLimits() {}

  /**
   * @throws UnservableModelException saying which number is out of which bounds
   */
  static void check(ModelDescription description) throws UnservableModelException {
    Architecture.Attention attention = description.architecture().attention();
    int head = attention.headSize();
    if (head % HEAD_GRAIN != 0 || head > LARGEST_HEAD) {
      throw new UnservableModelException(
          "heads have "
              + head
              + " numbers; allowed on a GPU: multiples of "
              + HEAD_GRAIN
              + " up to "
              + LARGEST_HEAD);
    }
    int group = attention.heads() / attention.kvHeads();
    if (group > LARGEST_GROUP || attention.kvWidth() > WIDEST_KEYS) {
      throw new UnservableModelException(
          group
              + " query heads share a key head, and keys have "
              + attention.kvWidth()
              + " numbers; allowed on a GPU: up to "
              + LARGEST_GROUP
              + " and "
              + WIDEST_KEYS);
    }
    for (ModelTensors.Projection matrix : matrices(description.tensors())) {
      if (matrix.weight().columns() % CHUNK != 0) {
        throw new UnservableModelException(
            "tensor "
                + matrix.weight().name()
                + " has "
                + matrix.weight().columns()
                + " columns; allowed on a GPU: multiples of "
                + CHUNK);
      }
    }
  }

  private static List<ModelTensors.Projection> matrices(ModelTensors tensors) {
    List<ModelTensors.Projection> matrices = new ArrayList<>();
    matrices.add(tensors.output());
    matrices.add(new ModelTensors.Projection(tensors.tokenEmbedding(), null));
    for (ModelTensors.Layer layer : tensors.layers()) {
      matrices.add(layer.attention().query());
      matrices.add(layer.attention().output());
      switch (layer.feedForward()) {
        case ModelTensors.Dense dense -> matrices.add(dense.down());
        case ModelTensors.Experts experts -> {
          matrices.add(experts.router());
          matrices.add(experts.experts().getFirst().down());
        }
      }
    }
    return matrices;
  }
}
