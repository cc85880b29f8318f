package io.slinfer.model;

import io.slinfer.model.Architecture.Activation;
import io.slinfer.model.Architecture.Attention;
import io.slinfer.model.Architecture.FeedForward;
import io.slinfer.model.Architecture.Layer;
import io.slinfer.model.Architecture.Norm;
import io.slinfer.model.Architecture.Scales;
import io.slinfer.model.Family.Trait;
import io.slinfer.model.gguf.GgufTensor;
import java.util.ArrayList;
import java.util.List;

/** Reads the hyperparameters of one file. */
final class ArchitectureReader {

  private static final int MOST_LAYERS = 4096;
  private static final int WIDEST = 1 << 22;
  private static final int LARGEST_VOCABULARY = 1 << 24;

  /** Layers of the two released gemma models whose score scale is not that of the head size. */
  private static final int GEMMA2_27B_LAYERS = 46;

  private static final int GEMMA3_27B_LAYERS = 62;

  private final Family family;
  private final Hyperparameters keys;
  private final TensorTable tensors;

  ArchitectureReader(Family family, Hyperparameters keys, TensorTable tensors) {
    this.family = family;
    this.keys = keys;
    this.tensors = tensors;
  }

  Architecture read() throws UnservableModelException {
    int layers = keys.integer("block_count", 1, MOST_LAYERS);
    int hiddenSize = keys.integer("embedding_length", 1, WIDEST);
    int contextTokens = keys.integer("context_length", 1, Integer.MAX_VALUE);
    Attention attention = attention(hiddenSize, layers);
    return new Architecture(
        family.key(),
        hiddenSize,
        vocabularySize(hiddenSize),
        contextTokens,
        attention,
        feedForward(),
        norm(),
        scales(hiddenSize),
        layers(layers, attention.headSize(), contextTokens));
  }

  private int vocabularySize(int hiddenSize) throws UnservableModelException {
    if (!tensors.has("token_embd.weight")) {
      throw new UnservableModelException("tensor token_embd.weight is missing");
    }
    long rows = tensors.rows("token_embd.weight");
    if (rows > LARGEST_VOCABULARY) {
      throw new UnservableModelException(
          "token_embd.weight has " + rows + " rows; allowed: up to " + LARGEST_VOCABULARY);
    }
    GgufTensor embedding = tensors.tensor("token_embd.weight", hiddenSize, rows);
    return (int) embedding.rows();
  }

  private Attention attention(int hiddenSize, int layers) throws UnservableModelException {
    int heads = keys.integer("attention.head_count", 1, WIDEST);
    int kvHeads = keys.integer("attention.head_count_kv", 1, heads, heads);
    if (heads % kvHeads != 0) {
      throw new UnservableModelException(
          heads + " query heads cannot be shared by " + kvHeads + " key heads");
    }
    int headSize = keys.integer("attention.key_length", 1, WIDEST, hiddenSize / heads);
    int valueSize = keys.integer("attention.value_length", 1, WIDEST, hiddenSize / heads);
    if (headSize < 1 || headSize != valueSize || (long) heads * headSize > WIDEST) {
      throw new UnservableModelException(
          "keys of " + headSize + " and values of " + valueSize + " numbers are not supported");
    }
    boolean scaledByHidden =
        (family == Family.GEMMA2 && layers == GEMMA2_27B_LAYERS)
            || (family == Family.GEMMA3 && layers == GEMMA3_27B_LAYERS);
    double scaleSize = scaledByHidden ? (double) hiddenSize / heads : headSize;
    double written = keys.number("attention.scale", 0);
    return new Attention(
        heads,
        kvHeads,
        headSize,
        (float) (written == 0 ? 1 / Math.sqrt(scaleSize) : written),
        (float) keys.number("attn_logit_softcapping", family == Family.GEMMA2 ? 50 : 0));
  }

  private FeedForward feedForward() throws UnservableModelException {
    int experts = keys.integer("expert_count", 0, 1 << 16, 0);
    int used = keys.integer("expert_used_count", 0, experts, 0);
    if (experts > 0 && used == 0) {
      throw new UnservableModelException("expert_used_count is 0 of " + experts + " experts");
    }
    if (experts == 0 && family.has(Trait.EXPERTS_ONLY)) {
      throw new UnservableModelException("a " + family.key() + " model needs experts");
    }
    int gating = keys.integer("expert_gating_func", 0, 1 << 16, 1);
    if (gating != 0 && gating != 1 && gating != 3) {
      throw new UnservableModelException(
          "expert_gating_func is " + gating + "; allowed: 1 and 3 (softmax)");
    }
    int width = keys.integer("feed_forward_length", 0, WIDEST, 0);
    double expertScale = keys.number("expert_weights_scale", 1);
    return new FeedForward(
        activation(),
        width,
        experts == 0 ? 0 : keys.integer("expert_feed_forward_length", 1, WIDEST, width),
        experts,
        used,
        gating == 3 || keys.flag("expert_weights_norm", true),
        (float) (expertScale == 0 ? 1 : expertScale));
  }

  private Activation activation() {
    if (family.has(Trait.SWIGLU_OAI)) {
      return Activation.SWIGLU_OAI;
    }
    return family.has(Trait.GELU) ? Activation.GELU_TANH : Activation.SILU;
  }

  private Norm norm() throws UnservableModelException {
    boolean centered = family.has(Trait.LAYER_NORM);
    String key = centered ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon";
    if (!keys.has(key)) {
      throw new UnservableModelException(
          "metadata key " + family.key() + "." + key + " is missing");
    }
    double epsilon = keys.number(key, 0);
    if (epsilon < 0) {
      throw new UnservableModelException(key + " is " + epsilon + "; allowed: 0 or more");
    }
    return new Norm(centered, (float) epsilon);
  }

  private Scales scales(int hiddenSize) throws UnservableModelException {
    double root = family.has(Trait.ROOT_EMBEDDING_SCALE) ? Math.sqrt(hiddenSize) : 1;
    double logitDivisor = keys.number("logit_scale", 1);
    return new Scales(
        (float) orOne(keys.number("embedding_scale", root)),
        (float) orOne(keys.number("residual_scale", 1)),
        (float) (1 / orOne(logitDivisor)),
        (float) keys.number("final_logit_softcapping", family == Family.GEMMA2 ? 30 : 0));
  }

  /** Files write 0 where there is no factor. */
  private static double orOne(double factor) {
    return factor == 0 ? 1 : factor;
  }

  private List<Layer> layers(int count, int headSize, int contextTokens)
      throws UnservableModelException {
    int window =
        keys.integer(
            "attention.sliding_window", 0, Integer.MAX_VALUE, family == Family.GEMMA2 ? 4096 : 0);
    boolean[] slides = keys.slidingLayers(count);
    if (slides == null) {
      slides = Hyperparameters.everyLayerBut(family.fullAttentionEvery(), count);
    }
    boolean[] turns = Hyperparameters.everyLayerBut(family.noRopeEvery(), count);
    // Granite files use the "finetuned" key to say whether there is any rotation.
    boolean anyRope = family != Family.GRANITE || keys.flag("rope.scaling.finetuned", true);
    RopeReader reader = new RopeReader(keys, tensors, family, headSize, contextTokens);
    Rope everywhere = reader.scaled();
    Rope local = localRope(reader, everywhere);
    List<Layer> layers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      boolean sliding = window > 0 && slides[i];
      Rope rope = sliding ? local : everywhere;
      layers.add(new Layer(sliding ? window : 0, anyRope && turns[i] ? rope : null));
    }
    return layers;
  }

  private Rope localRope(RopeReader reader, Rope everywhere) throws UnservableModelException {
    if (family.has(Trait.PLAIN_LOCAL_ROPE)) {
      double base = keys.positive("rope.freq_base", 10_000);
      return reader.plain(family == Family.GEMMA3 ? 10_000 : base);
    }
    return keys.has("rope.freq_base_swa") ? reader.plain(10_000) : everywhere;
  }
}
