package io.slinfer.http.anthropic;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.slinfer.http.BadRequest;
import io.slinfer.http.Fields;
import java.util.List;
import java.util.Map;

/** What the text of a message must be: {@code output_config.format}, or {@code output_format}. */
final class OutputFormat {

  private static final String OLDER = "output_format";

  private OutputFormat() {}

  static void copy(Fields fields, ObjectNode chat) {
    Fields config = fields.object("output_config");
    Fields format = config == null ? null : config.object("format");
    Fields older = fields.object(OLDER);
    if (format != null && older != null) {
      throw new BadRequest("`output_format` cannot be used with `output_config.format`.", OLDER);
    }
    if (older != null) {
      format = older;
    }
    if (format != null) {
      format.requiredText("type");
      chat.putObject("response_format")
          .put("type", format.word("type", List.of("json_schema")))
          .set("schema", format.required("schema", "a JSON schema"));
    }
  }

  /** What the fields that {@link #copy} writes were called in a request. */
  static Map<String, String> sentAs(JsonNode body) {
    return Map.of("response_format", body.hasNonNull(OLDER) ? OLDER : "output_config.format");
  }
}
