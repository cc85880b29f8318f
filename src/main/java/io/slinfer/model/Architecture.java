package io.slinfer.model;

import java.util.List;

/**
 * The hyperparameters of one decoder as data: whatever distinguishes a llama from a gemma is a
 * value here, so that engines have one forward pass. Immutable.
 *
 * @param family {@code general.architecture}
 * @param hiddenSize width of the residual stream
 * @param vocabularySize number of logits
 * @param contextTokens longest sequence the model was made for
 * @param layers what differs from layer to layer, in order
 */
public record Architecture(
    String family,
    int hiddenSize,
    int vocabularySize,
    int contextTokens,
    Attention attention,
    FeedForward feedForward,
    Norm norm,
    Scales scales,
    List<Layer> layers) {

  /** Bytes of a number in the KV cache. */
  private static final int KV_NUMBER_BYTES = Short.BYTES;

  public Architecture {
    layers = List.copyOf(layers);
  }

  /**
   * Grouped-query attention.
   *
   * @param scale factor on scores
   * @param softcap scores become softcap x tanh(score / softcap); 0 means none
   */
  public record Attention(int heads, int kvHeads, int headSize, float scale, float softcap) {

    /** Width of all queries of a token. */
    public int queryWidth() {
      return heads * headSize;
    }

    /** Width of all keys of a token, and of all values. */
    public int kvWidth() {
      return kvHeads * headSize;
    }
  }

  /**
   * The feed-forward layers.
   *
   * @param width inner width of a dense layer, the widest if they differ; 0 if there is none
   * @param expertWidth inner width of an expert; 0 without experts
   * @param experts how many experts a layer with experts has
   * @param expertsUsed how many of them a token visits
   * @param normalizeExperts whether the weights of the visited experts add up to 1
   * @param expertScale factor on those weights
   */
  public record FeedForward(
      Activation activation,
      int width,
      int expertWidth,
      int experts,
      int expertsUsed,
      boolean normalizeExperts,
      float expertScale) {}

  /** The nonlinearity of a feed-forward layer. */
  public enum Activation {
    /** x times sigmoid(x). */
    SILU,
    /** GELU by the tanh formula. */
    GELU_TANH,
    /** The clamped gate of gpt-oss. */
    SWIGLU_OAI
  }

  /**
   * Normalisation.
   *
   * @param centered layer norm (subtracts the mean); else RMS norm
   */
  public record Norm(boolean centered, float epsilon) {}

  /**
   * Constant factors, 1 where a model has none.
   *
   * @param embedding on embeddings
   * @param residual on what attention and feed-forward add to the residual stream
   * @param logit on logits
   * @param logitSoftcap logits become softcap x tanh(logit / softcap); 0 means none
   */
  public record Scales(float embedding, float residual, float logit, float logitSoftcap) {}

  /**
   * One layer.
   *
   * @param window how many keys a query sees, its own included; 0 means all
   * @param rope null if the layer does not rotate
   */
  public record Layer(int window, Rope rope) {}

  /** Bytes of keys and values of {@code tokens} tokens, all layers, as float16. */
  public long kvBytes(int tokens) {
    return 2L * KV_NUMBER_BYTES * tokens * attention.kvWidth() * layers.size();
  }
}
