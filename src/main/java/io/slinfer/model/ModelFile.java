package io.slinfer.model;

import io.slinfer.engine.ModelSource;
import io.slinfer.model.gguf.GgufFile;
import io.slinfer.model.gguf.SplitName;
import io.slinfer.request.ModelId;
import java.nio.file.Path;
import java.util.List;

/**
 * A whole, well-formed model on disk.
 *
 * @param id the file's name without {@code .gguf} and without the suffix of split files
 * @param parts the file, or its parts in order
 * @param byteSize bytes of all parts together
 * @param fingerprint as {@link GgufFile#fingerprint}
 */
public record ModelFile(ModelId id, List<Path> parts, long byteSize, String fingerprint) {

  private static final String SUFFIX = ".gguf";

  public ModelFile {
    parts = List.copyOf(parts);
  }

  /** What an open file is. */
  public static ModelFile of(GgufFile file) {
    return new ModelFile(idOf(file.path()), file.parts(), file.byteSize(), file.fingerprint());
  }

  /** The id of the model in this file, or in the split model it is a part of. */
  public static ModelId idOf(Path file) {
    String name = file.getFileName().toString();
    return new ModelId(
        SplitName.of(file)
            .map(SplitName::stem)
            .orElseGet(() -> name.substring(0, name.length() - SUFFIX.length())));
  }

  /** Whether a name is that of a model file. */
  static boolean hasModelName(Path file) {
    String name = file.getFileName().toString();
    return name.endsWith(SUFFIX) && name.length() > SUFFIX.length() && !name.startsWith(".");
  }

  /** For an engine to load, with as much context as the file says. */
  public ModelSource source() {
    return new ModelSource(id, parts, 0);
  }
}
