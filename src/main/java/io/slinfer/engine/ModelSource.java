package io.slinfer.engine;

import io.slinfer.request.ModelId;
import java.nio.file.Path;
import java.util.List;

/**
 * Where a model's weights come from.
 *
 * @param parts the GGUF file, or its parts in order; empty for an emulated model
 * @param maxContextTokens limits the KV address space; 0 means what the file says
 * @param revision tells one content of the same files from the next, so that a model whose file was
 *     replaced is loaded anew
 */
public record ModelSource(ModelId model, List<Path> parts, int maxContextTokens, long revision) {

  /** Files that do not change. */
  public ModelSource(ModelId model, List<Path> parts, int maxContextTokens) {
    this(model, parts, maxContextTokens, 0);
  }

  public ModelSource {
    parts = List.copyOf(parts);
  }
}
