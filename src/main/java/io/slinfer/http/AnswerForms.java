package io.slinfer.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.slinfer.constraint.Expression;
import io.slinfer.constraint.Grammar;
import io.slinfer.constraint.GrammarBuilder;
import io.slinfer.constraint.schema.JsonSchemaGrammar;
import io.slinfer.constraint.schema.RegexGrammar;
import io.slinfer.constraint.schema.Whitespace;
import io.slinfer.gateway.AnswerForm;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads what an answer must be: {@code response_format} as OpenAI has it, or with the schema right
 * in it as llama.cpp has it, whose are {@code grammar} and {@code json_schema} too; {@code
 * structured_outputs} and the older {@code guided_} fields are vLLM's.
 */
final class AnswerForms {

  private static final List<String> TYPES = List.of("text", "json_object", "json_schema");
  private static final List<String> FIELDS =
      List.of(
          "response_format",
          "json_schema",
          "guided_json",
          "grammar",
          "guided_grammar",
          "guided_choice",
          "guided_regex");

  /** What {@code structured_outputs} may hold. */
  private static final List<String> STRUCTURED =
      List.of("json", "json_object", "grammar", "choice", "regex", "structural_tag");

  /** A form and the field that asks for it. */
  private record Asked(String field, AnswerForm form) {}

  private AnswerForms() {}

  static AnswerForm read(Fields fields) {
    List<Asked> asked = new ArrayList<>();
    add(asked, fields, FIELDS);
    Fields structured = fields.object("structured_outputs");
    if (structured != null) {
      add(asked, structured, STRUCTURED);
    }
    if (asked.size() > 1) {
      String second = asked.get(1).field();
      throw new BadRequest(
          "`" + second + "` cannot be used with `" + asked.getFirst().field() + "`.", second);
    }
    return asked.isEmpty() ? AnswerForm.FREE : asked.getFirst().form();
  }

  private static void add(List<Asked> asked, Fields fields, List<String> names) {
    for (String field : names) {
      AnswerForm form = fields.get(field) == null ? AnswerForm.FREE : form(fields, field);
      if (form != AnswerForm.FREE) {
        asked.add(new Asked(fields.name(field), form));
      }
    }
  }

  private static AnswerForm form(Fields fields, String field) {
    String name = fields.name(field);
    return switch (field) {
      case "response_format" -> responseFormat(fields.object(field));
      case "json_schema", "guided_json", "json" -> schema(schemaOf(fields, field), name);
      case "json_object" -> fields.flag(field, false) ? anyObject(name) : AnswerForm.FREE;
      case "grammar", "guided_grammar" -> gbnf(fields.text(field), name);
      case "choice", "guided_choice" -> choice(fields, field);
      case "regex", "guided_regex" -> regex(fields.text(field), name);
      default -> {
        fields.unsupported(field, null);
        yield AnswerForm.FREE;
      }
    };
  }

  private static AnswerForm responseFormat(Fields format) {
    format.requiredText("type");
    String field = format.name("type").replace(".type", "");
    return switch (format.word("type", TYPES)) {
      case "json_object" ->
          format.get("schema") == null
              ? anyObject(field)
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

  private static AnswerForm anyObject(String field) {
    return new AnswerForm.Grammatical(
        "json", field, () -> JsonSchemaGrammar.anyObject(Whitespace.BOUNDED));
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

  /** One of the texts as it is. */
  private static AnswerForm choice(Fields fields, String field) {
    JsonNode texts = fields.get(field);
    List<String> choices = new ArrayList<>();
    for (JsonNode text : texts) {
      if (text.isTextual() && !text.textValue().isEmpty()) {
        choices.add(text.textValue());
      }
    }
    if (!texts.isArray() || choices.isEmpty() || choices.size() < texts.size()) {
      throw fields.bad(field, "a list of texts, none of them empty");
    }
    return new AnswerForm.Grammatical(
        "choice:" + texts,
        fields.name(field),
        () ->
            new GrammarBuilder()
                .build(new Expression.Choice(choices.stream().map(Expression::text).toList())));
  }

  private static AnswerForm regex(String pattern, String field) {
    return new AnswerForm.Grammatical("regex:" + pattern, field, () -> RegexGrammar.of(pattern));
  }
}
