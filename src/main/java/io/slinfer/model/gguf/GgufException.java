package io.slinfer.model.gguf;

import java.io.IOException;
import java.io.Serial;
import java.nio.file.Path;

/** A file that is not a GGUF file SLINFER can read: names the file, the field and the reason. */
public final class GgufException extends IOException {

  @Serial private static final long serialVersionUID = 1;

  /** Longest field name quoted: names come from the file and may be anything. */
  private static final int QUOTED_FIELD_LENGTH = 100;

  public GgufException(Path file, String field, String reason) {
    super(file + ": " + printable(field) + ": " + reason);
  }

  private static String printable(String field) {
    String clean = field.replaceAll("\\p{Cntrl}", "?");
    return clean.length() <= QUOTED_FIELD_LENGTH
        ? clean
        : clean.substring(0, QUOTED_FIELD_LENGTH) + "...";
  }
}
