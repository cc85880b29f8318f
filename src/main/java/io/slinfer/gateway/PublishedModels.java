package io.slinfer.gateway;

import io.slinfer.cluster.ClusterNode;
import io.slinfer.cluster.ModelState;
import io.slinfer.node.ModelStates;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/** This node's models as it tells the others. Confined to the node's owner. */
public final class PublishedModels {

  private final String node;
  private final Source source;
  private final Published<ModelState> models;
  private final Map<String, Told> told = new HashMap<>();

  /** What an entry was made from: entries are compared by this, which is cheap. */
  private record Told(ServedModel model, String state) {}

  /**
   * What is told.
   *
   * @param catalogue the models of this node's files
   * @param states how they stand here
   * @param warm which are wanted warm
   */
  public record Source(ModelCatalogue catalogue, ModelStates states, Predicate<String> warm) {}

  PublishedModels(ClusterNode cluster, Source source) {
    this.node = cluster.nodeName();
    this.source = source;
    this.models = new Published<>(cluster.map("models"), node, PublishedModels::same);
  }

  private static boolean same(ModelState one, ModelState other) {
    return one.state().equals(other.state())
        && one.warm() == other.warm()
        && one.contextTokens() == other.contextTokens()
        && Arrays.equals(one.facts(), other.facts());
  }

  void publish() {
    List<ServedModel> served = source.catalogue().models();
    Set<String> present = new HashSet<>();
    for (ServedModel model : served) {
      String key = node + "/" + model.id();
      present.add(key);
      Told now = new Told(model, source.states().of(model.id()));
      if (models.told(key) == null || !now.equals(told.get(key))) {
        told.put(key, now);
        models.tell(key, state(now));
      }
    }
    models.keep(present);
    told.keySet().retainAll(present);
  }

  void check() {
    models.check();
  }

  void retell() {
    models.retell();
  }

  void end() {
    models.keep(Set.of());
  }

  private ModelState state(Told now) {
    ServedModel model = now.model();
    ModelFacts facts = model.facts();
    return new ModelState(
        node,
        model.id().value(),
        source.warm().test(model.id().value()),
        now.state(),
        model.createdSeconds(),
        model.contextTokens(),
        facts.sizeBytes(),
        facts.parameters(),
        new String[] {facts.family(), facts.quantisation(), facts.fingerprint()},
        FactTexts.write(facts.metadata()));
  }
}
