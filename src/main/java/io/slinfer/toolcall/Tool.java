package io.slinfer.toolcall;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.regex.Pattern;

/**
 * A function that a model may call.
 *
 * @param name 1 to 64 letters, digits, dashes, dots and underscores
 * @param parameters the JSON schema of its arguments, or null for any object
 */
public record Tool(String name, JsonNode parameters) {

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.-]{1,64}");

  public Tool {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "tool name \"" + name + "\" does not match " + NAME.pattern());
    }
  }
}
