package io.slinfer.http.ollama;

import io.slinfer.gateway.ModelCatalogue;
import io.slinfer.request.ModelId;

/** Model names as Ollama's clients write them: with a tag, {@code latest} if there is none. */
final class ModelNames {

  private static final String LATEST = ":latest";

  private final ModelCatalogue catalogue;

  ModelNames(ModelCatalogue catalogue) {
    this.catalogue = catalogue;
  }

  /** The model meant, whether it exists or not. */
  ModelId of(String name) {
    ModelId exact = new ModelId(name);
    if (name.endsWith(LATEST) && catalogue.find(exact).isEmpty()) {
      return new ModelId(name.substring(0, name.length() - LATEST.length()));
    }
    return exact;
  }
}
