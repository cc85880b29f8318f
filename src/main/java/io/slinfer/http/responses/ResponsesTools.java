package io.slinfer.http.responses;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.slinfer.http.BadRequest;
import io.slinfer.http.Fields;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The tools of a Responses request and which of them may or must be called. */
final class ResponsesTools {

  private static final String FUNCTION = "function";
  private static final String CHOICE = "tool_choice";

  private ResponsesTools() {}

  static void copy(Fields fields, ObjectNode chat) {
    JsonNode tools = fields.get("tools");
    ArrayNode functions = tools == null ? JsonNodeFactory.instance.arrayNode() : functions(fields);
    JsonNode choice = fields.get(CHOICE);
    if (choice != null && choice.path("type").asText().equals("allowed_tools")) {
      allow(fields, functions, chat);
    } else if (choice != null && choice.isTextual() && !functions.isEmpty()) {
      chat.set(CHOICE, choice);
    } else if (choice != null && !functions.isEmpty()) {
      named(fields.object(CHOICE), chat);
    }
    if (functions.isEmpty()) {
      return;
    }
    chat.set("tools", functions);
    if (fields.get("parallel_tool_calls") != null) {
      chat.set("parallel_tool_calls", fields.get("parallel_tool_calls"));
    }
  }

  private static ArrayNode functions(Fields fields) {
    JsonNode tools = fields.get("tools");
    if (!tools.isArray()) {
      throw fields.bad("tools", "a list of tools");
    }
    ArrayNode functions = JsonNodeFactory.instance.arrayNode();
    for (int i = 0; i < tools.size(); i++) {
      Fields tool = ResponsesRequest.element(tools.get(i), "tools[" + i + "]");
      if (tool.requiredText("type").equals(FUNCTION)) {
        ObjectNode function = functions.addObject().put("type", FUNCTION).putObject(FUNCTION);
        function.put("name", tool.requiredText("name"));
        for (String key : List.of("description", "parameters", "strict")) {
          if (tool.get(key) != null) {
            function.set(key, tool.get(key));
          }
        }
      }
    }
    return functions;
  }

  private static void named(Fields choice, ObjectNode chat) {
    if (FUNCTION.equals(choice.text("type"))) {
      chat.putObject(CHOICE)
          .put("type", FUNCTION)
          .putObject(FUNCTION)
          .put("name", choice.requiredText("name"));
    }
  }

  /** Leaves the named functions alone; the model sees no others. */
  private static void allow(Fields fields, ArrayNode functions, ObjectNode chat) {
    Fields choice = fields.object(CHOICE);
    String mode = choice.word("mode", List.of("auto", "required"));
    Set<String> unknown = new HashSet<>();
    for (JsonNode tool : choice.required("tools", "a list of tools")) {
      if (tool.path("type").asText().equals(FUNCTION)) {
        unknown.add(tool.path("name").asText());
      }
    }
    Set<String> allowed = Set.copyOf(unknown);
    for (int i = functions.size() - 1; i >= 0; i--) {
      String name = functions.get(i).at("/function/name").textValue();
      unknown.remove(name);
      if (!allowed.contains(name)) {
        functions.remove(i);
      }
    }
    if (!unknown.isEmpty() || allowed.isEmpty()) {
      throw new BadRequest(
          "`tool_choice` allows "
              + (allowed.isEmpty()
                  ? "no function"
                  : "functions that are not in `tools`: " + unknown)
              + ".",
          CHOICE);
    }
    chat.put(CHOICE, mode == null ? "auto" : mode);
  }
}
