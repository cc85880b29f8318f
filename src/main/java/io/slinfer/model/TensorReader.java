package io.slinfer.model;

import io.slinfer.model.Family.Trait;
import io.slinfer.model.ModelTensors.Attention;
import io.slinfer.model.ModelTensors.Dense;
import io.slinfer.model.ModelTensors.Experts;
import io.slinfer.model.ModelTensors.Layer;
import io.slinfer.model.ModelTensors.Norm;
import io.slinfer.model.ModelTensors.Projection;
import io.slinfer.model.gguf.GgufTensor;
import java.util.ArrayList;
import java.util.List;

/** Takes the tensors of one file by the part they play, with the shapes the architecture asks. */
final class TensorReader {

  private final Family family;
  private final Architecture architecture;
  private final TensorTable table;
  private final int hidden;

  TensorReader(Family family, Architecture architecture, TensorTable table) {
    this.family = family;
    this.architecture = architecture;
    this.table = table;
    this.hidden = architecture.hiddenSize();
  }

  ModelTensors read() throws UnservableModelException {
    GgufTensor embedding = table.tensor("token_embd.weight", hidden, architecture.vocabularySize());
    Projection output =
        table.has("output.weight")
            ? table.projection("output", hidden, architecture.vocabularySize())
            : new Projection(
                embedding, table.optional("output.bias", architecture.vocabularySize()));
    List<Layer> layers = new ArrayList<>();
    for (int i = 0; i < architecture.layers().size(); i++) {
      layers.add(layer("blk." + i + "."));
    }
    return new ModelTensors(embedding, table.norm("output_norm", hidden), output, layers);
  }

  private Layer layer(String prefix) throws UnservableModelException {
    table.ignore(prefix + "attn_rot_embd.weight");
    boolean pre = !family.has(Trait.NO_PRE_NORM);
    boolean post = family.has(Trait.POST_NORM);
    String feedForwardNorm =
        family.has(Trait.POST_ATTENTION_NORM_IS_FFN_NORM) ? "post_attention_norm" : "ffn_norm";
    return new Layer(
        pre ? table.norm(prefix + "attn_norm", hidden) : null,
        attention(prefix),
        post ? table.norm(prefix + "post_attention_norm", hidden) : null,
        pre ? table.norm(prefix + feedForwardNorm, hidden) : null,
        feedForward(prefix),
        post ? table.norm(prefix + "post_ffw_norm", hidden) : null);
  }

  private Attention attention(String prefix) throws UnservableModelException {
    Architecture.Attention shape = architecture.attention();
    int queries = shape.queryWidth();
    int keys = shape.kvWidth();
    Projection query;
    Projection key;
    Projection value;
    if (table.has(prefix + "attn_qkv.weight")) {
      Projection all = table.projection(prefix + "attn_qkv", hidden, queries + 2 * keys);
      query = TensorTable.rows(all, 0, queries);
      key = TensorTable.rows(all, queries, keys);
      value = TensorTable.rows(all, queries + keys, keys);
    } else {
      query = table.projection(prefix + "attn_q", hidden, queries);
      key = table.projection(prefix + "attn_k", hidden, keys);
      value = table.projection(prefix + "attn_v", hidden, keys);
    }
    return new Attention(
        query,
        key,
        value,
        table.projection(prefix + "attn_output", queries, hidden),
        headNorm(prefix + "attn_q_norm", shape.headSize(), queries),
        headNorm(prefix + "attn_k_norm", shape.headSize(), keys),
        family.has(Trait.SINKS)
            ? table.tensor(prefix + "attn_sinks.weight", shape.heads())
            : table.optional(prefix + "attn_sinks.weight", shape.heads()));
  }

  /** A norm of each head by itself or of all heads together, by its length. */
  private Norm headNorm(String name, int headSize, int width) throws UnservableModelException {
    if (!table.has(name + ".weight") && !family.has(Trait.QK_NORM)) {
      return null;
    }
    boolean whole =
        table.has(name + ".weight")
            && table.rows(name + ".weight") == 1
            && table.columns(name + ".weight") == width;
    return table.norm(name, whole ? width : headSize);
  }

  private ModelTensors.FeedForward feedForward(String prefix) throws UnservableModelException {
    if (table.has(prefix + "ffn_gate_inp.weight") || family.has(Trait.EXPERTS_ONLY)) {
      return experts(prefix);
    }
    int width = architecture.feedForward().width();
    if (width < 1) {
      throw new UnservableModelException("feed_forward_length is missing");
    }
    Projection down = table.projection(prefix + "ffn_down", width, hidden);
    if (family.has(Trait.NO_GATE)) {
      return new Dense(null, table.projection(prefix + "ffn_up", hidden, width), down);
    }
    if (!table.has(prefix + "ffn_gate.weight")) {
      Projection both = table.projection(prefix + "ffn_up", hidden, 2 * width);
      return new Dense(
          TensorTable.rows(both, 0, width), TensorTable.rows(both, width, width), down);
    }
    return new Dense(
        table.projection(prefix + "ffn_gate", hidden, width),
        table.projection(prefix + "ffn_up", hidden, width),
        down);
  }

  private Experts experts(String prefix) throws UnservableModelException {
    Architecture.FeedForward shape = architecture.feedForward();
    if (shape.experts() == 0) {
      throw new UnservableModelException(
          "tensor " + prefix + "ffn_gate_inp.weight needs expert_count");
    }
    Projection router = table.projection(prefix + "ffn_gate_inp", hidden, shape.experts());
    int width = shape.expertWidth();
    List<Projection> gates = stack(prefix, "ffn_gate", hidden, width);
    List<Projection> ups = stack(prefix, "ffn_up", hidden, width);
    List<Projection> downs = stack(prefix, "ffn_down", width, hidden);
    List<Dense> experts = new ArrayList<>();
    for (int i = 0; i < shape.experts(); i++) {
      experts.add(new Dense(gates.get(i), ups.get(i), downs.get(i)));
    }
    return new Experts(router, experts);
  }

  /** One projection an expert: cut from NAME_exps, or NAME.0, NAME.1, ... in older files. */
  private List<Projection> stack(String prefix, String name, int columns, int rows)
      throws UnservableModelException {
    int experts = architecture.feedForward().experts();
    List<Projection> projections = new ArrayList<>();
    if (table.has(prefix + name + ".0.weight")) {
      for (int i = 0; i < experts; i++) {
        projections.add(table.projection(prefix + name + "." + i, columns, rows));
      }
      return projections;
    }
    GgufTensor weights = table.tensor(prefix + name + "_exps.weight", columns, rows, experts);
    GgufTensor biases = table.optional(prefix + name + "_exps.bias", rows, experts);
    for (int i = 0; i < experts; i++) {
      projections.add(
          new Projection(
              TensorTable.layerOf(weights, i, rows),
              biases == null ? null : TensorTable.vectorOf(biases, i)));
    }
    return projections;
  }
}
