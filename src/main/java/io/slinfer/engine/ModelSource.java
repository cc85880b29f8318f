package io.slinfer.engine;

import io.slinfer.request.ModelId;
import java.nio.file.Path;
import java.util.List;

/**
 * Where a model's weights come from.
 *
 * @param parts the GGUF file, or its parts in order; empty for an emulated model
 * @param maxContextTokens limits the KV address space; 0 means what the file says
 */
public record ModelSource(ModelId model, List<Path> parts, int maxContextTokens) {

  public ModelSource {
    parts = List.copyOf(parts);
  }
}
