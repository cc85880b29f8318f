package io.slinfer.gateway;

import io.slinfer.request.Failure;
import io.slinfer.request.ModelId;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The models that can be called now. Safe for any thread; answers from memory, at once. */
public interface ModelCatalogue {

  /** All models, in the order to list them. */
  List<ServedModel> models();

  Optional<ServedModel> find(ModelId id);

  /**
   * Adds the model of a file, or all those of a folder, from now on. Reads files.
   *
   * @return the models there; at least one
   * @throws RefusedException if there is none that can be served, with the reason
   */
  default List<ModelId> add(Path path) throws RefusedException {
    throw new RefusedException(
        new Failure.Invalid("Models come from the settings here.", "path", "models_are_fixed"));
  }

  /** Files that are no models to serve, with the reason. */
  default Map<Path, String> refused() {
    return Map.of();
  }
}
