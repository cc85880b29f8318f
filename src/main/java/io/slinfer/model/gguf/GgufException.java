package io.slinfer.model.gguf;

import java.io.IOException;
import java.io.Serial;
import java.nio.file.Path;

/** A file that is not a GGUF file SLINFER can read: names the file, the field and the reason. */
public final class GgufException extends IOException {

  @Serial private static final long serialVersionUID = 1;

  public GgufException(Path file, String field, String reason) {
    super(file + ": " + field + ": " + reason);
  }
}
