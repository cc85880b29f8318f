package io.slinfer.model;

import static io.slinfer.model.Family.Trait.EXPERTS_ONLY;
import static io.slinfer.model.Family.Trait.GELU;
import static io.slinfer.model.Family.Trait.INTERLEAVED_ROPE;
import static io.slinfer.model.Family.Trait.LAYER_NORM;
import static io.slinfer.model.Family.Trait.NO_GATE;
import static io.slinfer.model.Family.Trait.NO_PRE_NORM;
import static io.slinfer.model.Family.Trait.PLAIN_LOCAL_ROPE;
import static io.slinfer.model.Family.Trait.POST_ATTENTION_NORM_IS_FFN_NORM;
import static io.slinfer.model.Family.Trait.POST_NORM;
import static io.slinfer.model.Family.Trait.QK_NORM;
import static io.slinfer.model.Family.Trait.ROOT_EMBEDDING_SCALE;
import static io.slinfer.model.Family.Trait.SINKS;
import static io.slinfer.model.Family.Trait.SWIGLU_OAI;

import java.util.EnumSet;
import java.util.Set;

/**
 * What {@code general.architecture} implies that a file does not say itself. Everything else comes
 * from metadata and tensors.
 */
enum Family {
  LLAMA("llama", INTERLEAVED_ROPE),
  QWEN2("qwen2"),
  QWEN3("qwen3", QK_NORM),
  QWEN3MOE("qwen3moe", QK_NORM, EXPERTS_ONLY),
  GEMMA2("gemma2", 2, 0, GELU, ROOT_EMBEDDING_SCALE, POST_NORM),
  GEMMA3("gemma3", 6, 0, GELU, ROOT_EMBEDDING_SCALE, POST_NORM, QK_NORM, PLAIN_LOCAL_ROPE),
  PHI3("phi3"),
  GRANITE("granite", INTERLEAVED_ROPE),
  SMOLLM3("smollm3", 0, 4, INTERLEAVED_ROPE),
  OLMO2("olmo2", 4, 0, NO_PRE_NORM, POST_NORM, QK_NORM, PLAIN_LOCAL_ROPE),
  STARCODER2("starcoder2", LAYER_NORM, GELU, NO_GATE),
  GPT_OSS("gpt-oss", 2, 0, SWIGLU_OAI, SINKS, EXPERTS_ONLY, POST_ATTENTION_NORM_IS_FFN_NORM);

  /** A yes-or-no difference between families. */
  enum Trait {
    /** Rotary pairs are neighbours (2i, 2i+1), not halves. */
    INTERLEAVED_ROPE,
    /** Layer norm with mean and bias, not RMS norm. */
    LAYER_NORM,
    /** GELU (tanh formula), not SiLU. */
    GELU,
    /** The clamped gate of gpt-oss, not SiLU. */
    SWIGLU_OAI,
    /** The feed-forward layer has no gate. */
    NO_GATE,
    /** Embeddings are multiplied by the square root of the hidden size. */
    ROOT_EMBEDDING_SCALE,
    /** Attention and feed-forward take the residual stream as it is. */
    NO_PRE_NORM,
    /** What attention and feed-forward give is normalised before it is added. */
    POST_NORM,
    /** Queries and keys are normalised before rotation. */
    QK_NORM,
    /** Layers with a window rotate without scaling. */
    PLAIN_LOCAL_ROPE,
    /** Attention has a learned sink for each head. */
    SINKS,
    /** Every feed-forward layer has experts. */
    EXPERTS_ONLY,
    /** The tensor named post_attention_norm is the norm before the feed-forward layer. */
    POST_ATTENTION_NORM_IS_FFN_NORM
  }

  private final String key;
  private final int fullAttentionEvery;
  private final int noRopeEvery;
  private final Set<Trait> traits;

  Family(String key, Trait... traits) {
    this(key, 0, 0, traits);
  }

  Family(String key, int fullAttentionEvery, int noRopeEvery, Trait... traits) {
    this.key = key;
    this.fullAttentionEvery = fullAttentionEvery;
    this.noRopeEvery = noRopeEvery;
    this.traits = EnumSet.noneOf(Trait.class);
    this.traits.addAll(Set.of(traits));
  }

  /** The name in {@code general.architecture}, which is the prefix of its metadata keys. */
  String key() {
    return key;
  }

  boolean has(Trait trait) {
    return traits.contains(trait);
  }

  /** Where a window is given without a pattern: every how-manieth layer has none; 0 is no layer. */
  int fullAttentionEvery() {
    return fullAttentionEvery;
  }

  /** Every how-manieth layer does not rotate; 0 is no layer. */
  int noRopeEvery() {
    return noRopeEvery;
  }

  /** The family with this name, or null if SLINFER does not know it. */
  static Family named(String name) {
    for (Family family : values()) {
      if (family.key.equals(name)) {
        return family;
      }
    }
    return null;
  }

  /** All names, for messages. */
  static String names() {
    StringBuilder names = new StringBuilder();
    for (Family family : values()) {
      names.append(names.isEmpty() ? "" : ", ").append(family.key);
    }
    return names.toString();
  }
}
