package io.slinfer.constraint.schema;

import io.slinfer.constraint.ConstraintException;
import java.io.Serial;

/**
 * A schema that is malformed or asks for what is not supported; names the keyword and its place.
 */
public final class UnsupportedSchemaException extends ConstraintException {

  @Serial private static final long serialVersionUID = 1;

  private final String keyword;
  private final String path;

  /**
   * @param path the schema that holds the keyword, as a JSON pointer after {@code #}
   */
  public UnsupportedSchemaException(String keyword, String path, String reason) {
    super("JSON schema keyword \"" + keyword + "\" at " + path + ": " + reason);
    this.keyword = keyword;
    this.path = path;
  }

  public String keyword() {
    return keyword;
  }

  public String path() {
    return path;
  }
}
