package io.slinfer.gateway.remote;

import io.slinfer.cluster.ModelState;
import io.slinfer.engine.ModelSource;
import io.slinfer.gateway.ModelCatalogue;
import io.slinfer.gateway.ModelFacts;
import io.slinfer.gateway.ServedModel;
import io.slinfer.request.ModelId;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The models of all live nodes. One that this node has the file of is its own; of others the node
 * whose name comes first says what it is. Safe for any thread.
 */
public final class ClusterCatalogue implements ModelCatalogue {

  private final ModelCatalogue own;
  private final ClusterModels models;
  private final List<String> first;
  private final Vertx vertx;

  /** The same object as long as its node tells the same, so that what it speaks with is kept. */
  private final Map<ModelId, Remote> remotes = new ConcurrentHashMap<>();

  private record Remote(String[] facts, long createdSeconds, ServedModel model) {

    boolean is(ModelState state) {
      return java.util.Arrays.equals(facts, state.facts())
          && createdSeconds == state.createdSeconds()
          && model.contextTokens() == state.contextTokens();
    }
  }

  /**
   * @param own the models of this node's files
   * @param first listed before the others
   */
  public ClusterCatalogue(
      ModelCatalogue own, ClusterModels models, List<String> first, Vertx vertx) {
    this.own = own;
    this.models = models;
    this.first = List.copyOf(first);
    this.vertx = vertx;
  }

  /** The models of this node's files. */
  ModelCatalogue own() {
    return own;
  }

  @Override
  public List<ServedModel> models() {
    List<ServedModel> all = new ArrayList<>(own.models());
    models
        .all()
        .forEach(
            (id, state) -> {
              if (own.find(id).isEmpty()) {
                all.add(remote(id, state));
              }
            });
    all.sort(Comparator.comparingInt(this::place).thenComparing(model -> model.id().value()));
    return all;
  }

  private int place(ServedModel model) {
    int index = first.indexOf(model.id().value());
    return index < 0 ? first.size() : index;
  }

  @Override
  public Optional<ServedModel> find(ModelId id) {
    return own.find(id)
        .or(() -> Optional.ofNullable(models.all().get(id)).map(state -> remote(id, state)));
  }

  private ServedModel remote(ModelId id, ModelState state) {
    return remotes
        .compute(id, (key, known) -> known != null && known.is(state) ? known : remoteOf(id, state))
        .model();
  }

  private Remote remoteOf(ModelId id, ModelState state) {
    String fingerprint = state.facts()[2];
    ServedModel model =
        new ServedModel(
            id,
            state.createdSeconds(),
            ModelFacts.of(state),
            state.contextTokens(),
            new ModelSource(id, List.of(), state.contextTokens()),
            new RemoteText(id, fingerprint, vertx, () -> models.holders(id, fingerprint)));
    return new Remote(state.facts(), state.createdSeconds(), model);
  }
}
