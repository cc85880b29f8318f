package io.slinfer.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.slinfer.constraint.Grammar;
import io.slinfer.constraint.schema.JsonSchemaGrammar;
import io.slinfer.constraint.schema.Whitespace;
import io.slinfer.gateway.AnswerForm;
import java.util.List;

/**
 * Reads what an answer must be: {@code response_format} as OpenAI has it, or with the schema right
 * in it as llama.cpp has it, whose are {@code grammar} and {@code json_schema} too; {@code
 * guided_json} and {@code guided_grammar} are vLLM's.
 */
final class AnswerForms {

  private static final List<String> TYPES = List.of("text", "json_object", "json_schema");
  private static final List<String> FIELDS =
      List.of("response_format", "json_schema", "guided_json", "grammar", "guided_grammar");

  private AnswerForms() {}

  static AnswerForm read(Fields fields) {
    AnswerForm found = AnswerForm.FREE;
    String asked = null;
    for (String field : FIELDS) {
      if (fields.get(field) == null) {
        continue;
      }
      AnswerForm form =
          switch (field) {
            case "response_format" -> responseFormat(fields.object(field));
            case "json_schema", "guided_json" ->
                schema(schemaOf(fields, field), fields.name(field));
            default -> gbnf(fields.text(field), fields.name(field));
          };
      if (form == AnswerForm.FREE) {
        continue;
      }
      if (asked != null) {
        throw new BadRequest("`" + field + "` cannot be used with `" + asked + "`.", field);
      }
      asked = field;
      found = form;
    }
    return found;
  }

  private static AnswerForm responseFormat(Fields format) {
    format.requiredText("type");
    String field = format.name("type").replace(".type", "");
    return switch (format.word("type", TYPES)) {
      case "json_object" ->
          format.get("schema") == null
              ? new AnswerForm.Grammatical(
                  "json", field, () -> JsonSchemaGrammar.anyObject(Whitespace.BOUNDED))
              : schema(schemaOf(format, "schema"), format.name("schema"));
      case "json_schema" -> {
        boolean direct = format.get("json_schema") == null && format.get("schema") != null;
        Fields wrapped = direct ? format : format.object("json_schema");
        if (wrapped == null) {
          throw new BadRequest(
              "`" + format.name("json_schema") + "` is missing; it must be an object.",
              format.name("json_schema"));
        }
        yield schema(schemaOf(wrapped, "schema"), wrapped.name("schema"));
      }
      default -> AnswerForm.FREE;
    };
  }

  private static JsonNode schemaOf(Fields fields, String field) {
    JsonNode schema = fields.get(field);
    if (schema == null || !(schema.isObject() || schema.isBoolean())) {
      throw fields.bad(field, "a JSON schema");
    }
    return schema;
  }

  /** Without white space, so that an answer has no way to go on but by its values. */
  private static AnswerForm schema(JsonNode schema, String field) {
    return new AnswerForm.Grammatical(
        "schema:" + schema, field, () -> JsonSchemaGrammar.of(schema, Whitespace.COMPACT));
  }

  private static AnswerForm gbnf(String grammar, String field) {
    return new AnswerForm.Grammatical("gbnf:" + grammar, field, () -> Grammar.parse(grammar));
  }
}
