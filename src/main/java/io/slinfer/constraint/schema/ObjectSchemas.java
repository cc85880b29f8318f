package io.slinfer.constraint.schema;

import static io.slinfer.constraint.Expression.EMPTY;
import static io.slinfer.constraint.Expression.UNBOUNDED;
import static io.slinfer.constraint.Expression.characters;
import static io.slinfer.constraint.Expression.optional;
import static io.slinfer.constraint.Expression.sequence;
import static io.slinfer.constraint.Expression.star;
import static io.slinfer.constraint.Expression.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.slinfer.constraint.CharacterSet;
import io.slinfer.constraint.Expression;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Compiles schemas of objects: listed properties in their order, then further ones. */
final class ObjectSchemas {

  private static final int MAX_NAME_LENGTH = 256;

  private final SchemaCompiler compiler;
  private final JsonSyntax syntax;

  ObjectSchemas(SchemaCompiler compiler, JsonSyntax syntax) {
    this.compiler = compiler;
    this.syntax = syntax;
  }

  /** One listed property. */
  private record Member(Expression expression, boolean required) {}

  Expression compile(ObjectNode schema, String path) {
    Map<String, JsonNode> properties = new LinkedHashMap<>();
    schema.path("properties").properties().forEach(p -> properties.put(p.getKey(), p.getValue()));
    Set<String> required = required(schema, path);
    JsonNode further = further(schema, properties.isEmpty());
    for (String name : required) {
      if (!properties.containsKey(name)) {
        if (further.equals(BooleanNode.FALSE) && schema.has("additionalProperties")) {
          throw new UnsupportedSchemaException(
              "required", path, name + " is required and not allowed");
        }
        properties.put(name, further.isBoolean() ? BooleanNode.TRUE : further);
      }
    }
    List<Member> members = new ArrayList<>();
    for (Map.Entry<String, JsonNode> property : properties.entrySet()) {
      String name = property.getKey();
      boolean must = required.contains(name);
      if (property.getValue().equals(BooleanNode.FALSE) && !must) {
        continue;
      }
      Expression value = compiler.compile(property.getValue(), path + "/properties/" + name);
      members.add(new Member(syntax.member(JsonSyntax.quoted(name), value), must));
    }
    if (further.equals(BooleanNode.FALSE)) {
      checkCounts(schema, required.size(), members.size(), path);
      return syntax.braces(listed(members, EMPTY));
    }
    Expression value = compiler.compile(further, path + "/additionalProperties");
    Expression member = syntax.member(keyExcept(properties.keySet(), path), value);
    if (members.isEmpty()) {
      int min = SchemaKeywords.count(schema, "minProperties", 0, path);
      int max = SchemaKeywords.count(schema, "maxProperties", UNBOUNDED, path);
      if (min > 1 || max < min) {
        throw new UnsupportedSchemaException(
            "minProperties", path, "more than 1 of free names is not supported");
      }
      return syntax.braces(syntax.list(member, min, max));
    }
    checkCounts(schema, required.size(), UNBOUNDED, path);
    return syntax.braces(listed(members, member));
  }

  private static Set<String> required(ObjectNode schema, String path) {
    Set<String> names = new LinkedHashSet<>();
    for (JsonNode name : schema.path("required")) {
      if (!name.isTextual()) {
        throw new UnsupportedSchemaException("required", path, name + " is not a string");
      }
      names.add(name.textValue());
    }
    return names;
  }

  /** The schema of properties that are not listed: none, unless the schema says or lists none. */
  private static JsonNode further(ObjectNode schema, boolean noneListed) {
    JsonNode stated = schema.path("additionalProperties");
    return stated.isMissingNode() ? BooleanNode.valueOf(noneListed) : stated;
  }

  /** Counts are supported where what is required and listed settles them. */
  private static void checkCounts(ObjectNode schema, int least, int most, String path) {
    if (SchemaKeywords.count(schema, "minProperties", 0, path) > least) {
      throw new UnsupportedSchemaException(
          "minProperties", path, "is supported up to the number of required properties");
    }
    if (SchemaKeywords.count(schema, "maxProperties", UNBOUNDED, path) < most) {
      throw new UnsupportedSchemaException(
          "maxProperties", path, "is supported from the number of properties on");
    }
  }

  /**
   * The members in order, those not required optional, then any number of the further member; an
   * optional expression if all may be absent.
   */
  private Expression listed(List<Member> members, Expression further) {
    Expression[] afterComma = new Expression[members.size() + 1];
    afterComma[members.size()] =
        further.equals(EMPTY) ? EMPTY : star(sequence(syntax.comma(), further));
    for (int i = members.size() - 1; i >= 0; i--) {
      Expression next = sequence(syntax.comma(), members.get(i).expression());
      Expression rest =
          sequence(members.get(i).required() ? next : optional(next), afterComma[i + 1]);
      afterComma[i] = syntax.builder().newRule("json-members", rest);
    }
    List<Expression> firsts = new ArrayList<>();
    for (int i = 0; i < members.size(); i++) {
      firsts.add(sequence(members.get(i).expression(), afterComma[i + 1]));
      if (members.get(i).required()) {
        return new Expression.Choice(firsts);
      }
    }
    if (!further.equals(EMPTY)) {
      firsts.add(syntax.list(further, 1, UNBOUNDED));
    }
    return firsts.isEmpty() ? EMPTY : optional(new Expression.Choice(firsts));
  }

  /** Any key but these; where there are any, keys without escapes, so that none is another's. */
  private Expression keyExcept(Set<String> names, String path) {
    if (names.isEmpty()) {
      return syntax.string();
    }
    for (String name : names) {
      if (name.length() > MAX_NAME_LENGTH) {
        throw new UnsupportedSchemaException(
            "additionalProperties",
            path,
            "is not supported beside names of more than " + MAX_NAME_LENGTH + " characters");
      }
    }
    return sequence(text("\""), otherThan(names));
  }

  /** What may follow, up to the closing quote, so that the whole is none of these. */
  private Expression otherThan(Iterable<String> endings) {
    Map<Integer, Set<String>> byFirst = new TreeMap<>();
    boolean mayEnd = true;
    CharacterSet starts = CharacterSet.NONE;
    for (String ending : endings) {
      if (ending.isEmpty()) {
        mayEnd = false;
      } else {
        int first = ending.codePointAt(0);
        starts = starts.union(CharacterSet.range(first, first));
        byFirst
            .computeIfAbsent(first, _ -> new LinkedHashSet<>())
            .add(ending.substring(Character.charCount(first)));
      }
    }
    List<Expression> alternatives = new ArrayList<>();
    if (mayEnd) {
      alternatives.add(text("\""));
    }
    alternatives.add(sequence(characters(JsonSyntax.PLAIN.minus(starts)), syntax.plainTail()));
    byFirst.forEach(
        (first, rest) -> {
          if (JsonSyntax.PLAIN.contains(first)) {
            alternatives.add(sequence(text(Character.toString(first)), otherThan(rest)));
          }
        });
    return new Expression.Choice(alternatives);
  }
}
