package io.slinfer.gateway;

import io.slinfer.request.ModelId;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A catalogue from which an operator has removed models. What was removed stays so until it is
 * added again or the server starts anew; files are not touched. Safe for any thread.
 */
public final class AdjustableCatalogue implements ModelCatalogue {

  private final ModelCatalogue all;
  private final Set<ModelId> removed = ConcurrentHashMap.newKeySet();

  public AdjustableCatalogue(ModelCatalogue all) {
    this.all = all;
  }

  @Override
  public List<ServedModel> models() {
    List<ServedModel> models = all.models();
    return removed.isEmpty()
        ? models
        : models.stream().filter(model -> !removed.contains(model.id())).toList();
  }

  @Override
  public Optional<ServedModel> find(ModelId id) {
    return removed.contains(id) ? Optional.empty() : all.find(id);
  }

  @Override
  public List<ModelId> add(Path path) throws RefusedException {
    List<ModelId> added = all.add(path);
    added.forEach(removed::remove);
    return added;
  }

  @Override
  public Map<Path, String> refused() {
    return all.refused();
  }

  /** Removes a model. */
  public void remove(ModelId id) {
    removed.add(id);
  }
}
