package io.slinfer.model;

import io.slinfer.model.gguf.GgufTensor;
import java.util.List;

/**
 * The tensors of a model by the part they play, every shape checked against the architecture. Fused
 * tensors are cut into views of their rows. A field is null where the model has no such tensor.
 *
 * @param output the output projection; the embedding itself where they are tied
 */
public record ModelTensors(
    GgufTensor tokenEmbedding, Norm outputNorm, Projection output, List<Layer> layers) {

  public ModelTensors {
    layers = List.copyOf(layers);
  }

  /** A norm's weight and bias (may be null), vectors. */
  public record Norm(GgufTensor weight, GgufTensor bias) {}

  /** A matrix of rows = outputs, and its bias (may be null), one number a row. */
  public record Projection(GgufTensor weight, GgufTensor bias) {}

  /** One layer's attention and feed-forward with the norms before and after each. */
  public record Layer(
      Norm attentionNorm,
      Attention attention,
      Norm postAttentionNorm,
      Norm feedForwardNorm,
      FeedForward feedForward,
      Norm postFeedForwardNorm) {}

  /**
   * @param queryNorm of a head's size (each head by itself) or of all heads' width; may be null
   * @param keyNorm likewise
   * @param sinks one logit a head; may be null
   */
  public record Attention(
      Projection query,
      Projection key,
      Projection value,
      Projection output,
      Norm queryNorm,
      Norm keyNorm,
      GgufTensor sinks) {}

  /** A dense layer, or a layer of experts. */
  public sealed interface FeedForward {}

  /**
   * A dense layer.
   *
   * @param gate null if the layer has none
   */
  public record Dense(Projection gate, Projection up, Projection down) implements FeedForward {}

  /** A router and its experts, in order. */
  public record Experts(Projection router, List<Dense> experts) implements FeedForward {

    public Experts {
      experts = List.copyOf(experts);
    }
  }
}
