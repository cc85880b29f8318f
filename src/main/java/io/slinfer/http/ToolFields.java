package io.slinfer.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.slinfer.gateway.AnswerForm;
import io.slinfer.toolcall.Tool;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Reads {@code tools}, {@code tool_choice} and {@code parallel_tool_calls}. */
final class ToolFields {

  private static final int MAX_TOOLS = 128;
  private static final String CHOICES =
      "none, auto, required, or {\"type\": \"function\", \"function\": {\"name\": ...}}";

  /** Nobody's tools. */
  private static final Offer NONE = new Offer(List.of(), List.of(), AnswerForm.FREE, true);

  private ToolFields() {}

  /**
   * The tools that a model is offered.
   *
   * @param tools what they are
   * @param forTemplate as the chat template sees them; empty if none are offered
   * @param form what the answer must be for their sake
   * @param parallel whether an answer may have more than one call
   */
  record Offer(List<Tool> tools, List<Object> forTemplate, AnswerForm form, boolean parallel) {

    boolean isEmpty() {
      return forTemplate.isEmpty();
    }

    /** What the answer must be, if one without calls must be a text of this grammar. */
    AnswerForm formOr(AnswerForm.Grammatical answer) {
      return form == AnswerForm.FREE && !isEmpty()
          ? new AnswerForm.CallsOr(new AnswerForm.Calls(tools, parallel), answer)
          : form == AnswerForm.FREE ? answer : form;
    }
  }

  static Offer read(Fields fields) {
    fields.unsupported("functions", null);
    fields.unsupported("function_call", "auto");
    List<Tool> tools = tools(fields);
    boolean parallel = fields.flag("parallel_tool_calls", true);
    JsonNode choice = fields.get("tool_choice");
    if (choice == null || choice.asText().equals("auto") && !tools.isEmpty()) {
      return tools.isEmpty() ? NONE : offer(fields, tools, AnswerForm.FREE, parallel);
    }
    if (choice.isTextual()) {
      return switch (choice.textValue()) {
        case "none", "auto" -> NONE;
        case "required" ->
            offer(fields, tools, new AnswerForm.Calls(some(fields, tools), parallel), parallel);
        default -> throw fields.bad("tool_choice", CHOICES);
      };
    }
    Tool named = named(fields, some(fields, tools));
    return offer(fields, tools, new AnswerForm.Calls(List.of(named), false), false);
  }

  private static Offer offer(Fields fields, List<Tool> tools, AnswerForm form, boolean parallel) {
    List<Object> plain = new ArrayList<>();
    fields.get("tools").forEach(tool -> plain.add(Fields.plainValue(tool)));
    return new Offer(tools, plain, form, parallel);
  }

  private static List<Tool> some(Fields fields, List<Tool> tools) {
    if (tools.isEmpty()) {
      throw new BadRequest(
          "`tool_choice` is " + fields.get("tool_choice") + ", but there are no `tools`.",
          "tool_choice");
    }
    return tools;
  }

  private static Tool named(Fields fields, List<Tool> tools) {
    JsonNode choice = fields.get("tool_choice");
    String name = choice.path("function").path("name").asText("");
    if (!choice.isObject() || !choice.path("type").asText().equals("function") || name.isEmpty()) {
      throw fields.bad("tool_choice", CHOICES);
    }
    return tools.stream()
        .filter(tool -> tool.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new BadRequest(
                    "`tool_choice` names the tool `"
                        + name
                        + "`; allowed: "
                        + tools.stream().map(Tool::name).toList()
                        + ".",
                    "tool_choice"));
  }

  private static List<Tool> tools(Fields fields) {
    JsonNode value = fields.get("tools");
    if (value == null) {
      return List.of();
    }
    if (!value.isArray() || value.size() > MAX_TOOLS) {
      throw fields.bad("tools", "a list of up to " + MAX_TOOLS + " tools");
    }
    List<Tool> tools = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (int i = 0; i < value.size(); i++) {
      Tool tool = tool(value.get(i), "tools[" + i + "]");
      if (!names.add(tool.name())) {
        throw new BadRequest(
            "`tools` has two tools with the name `" + tool.name() + "`.", "tools[" + i + "]");
      }
      tools.add(tool);
    }
    return tools;
  }

  private static Tool tool(JsonNode value, String path) {
    if (!value.isObject()) {
      throw new BadRequest("`" + path + "` is not an object.", path);
    }
    Fields tool = new Fields(value, path + ".");
    tool.requiredText("type");
    tool.word("type", List.of("function"));
    Fields function = tool.object("function");
    if (function == null) {
      throw new BadRequest(
          "`" + tool.name("function") + "` is missing; it must be an object.",
          tool.name("function"));
    }
    String name = function.requiredText("name");
    function.object("parameters");
    try {
      return new Tool(name, function.get("parameters"));
    } catch (IllegalArgumentException badName) {
      throw function.bad("name", "1 to 64 letters, digits, dashes, dots and underscores");
    }
  }
}
