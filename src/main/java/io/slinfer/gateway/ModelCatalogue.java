package io.slinfer.gateway;

import io.slinfer.request.ModelId;
import java.util.List;
import java.util.Optional;

/** The models that can be called now. Safe for any thread; answers from memory, at once. */
public interface ModelCatalogue {

  /** All models, in the order to list them. */
  List<ServedModel> models();

  Optional<ServedModel> find(ModelId id);
}
