package io.slinfer.toolcall;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The ways in which model families write calls of tools. */
public enum ToolCallFormat {
  /** {@code <tool_call>{"name":..., "arguments":{...}}</tool_call>}, once per call. */
  HERMES(Body.OBJECT, "arguments", "<tool_call>", "</tool_call>"),

  /** {@code {"name":..., "parameters":{...}}} as the whole answer, or after a marker. */
  LLAMA3(Body.OBJECT, "parameters", "<|python_tag|>", ""),

  /** {@code [TOOL_CALLS][{"name":..., "arguments":{...}}, ...]}. */
  MISTRAL(Body.ARRAY, "arguments", "[TOOL_CALLS]", ""),

  /** {@code [TOOL_CALLS]name[ARGS]{...}}, once per call. */
  MISTRAL_NAMED(Body.NAMED, "arguments", "[TOOL_CALLS]", ""),

  /** {@code <|tool_call|>[{"name":..., "arguments":{...}}, ...]}. */
  GRANITE(Body.ARRAY, "arguments", "<|tool_call|>", ""),

  /** {@code <function=name>{...}</function>}, once per call. */
  FUNCTION_TAG(Body.NAMED, "arguments", "<function=", "</function>"),

  /** {@code {"name":..., "arguments":{...}}} as the whole answer, or a list of such. */
  JSON(Body.ARRAY, "arguments", "", "");

  /** What stands between the markers. */
  enum Body {
    /** One object with name and arguments. */
    OBJECT,
    /** An array of such objects. */
    ARRAY,
    /** The name, a marker, the arguments. */
    NAMED
  }

  private final Body body;
  private final String argumentsKey;
  private final String open;
  private final String close;

  ToolCallFormat(Body body, String argumentsKey, String open, String close) {
    this.body = body;
    this.argumentsKey = argumentsKey;
    this.open = open;
    this.close = close;
  }

  /**
   * The format that a chat template asks its model for; empty if the template takes no tools or has
   * a format that is not supported.
   */
  public static Optional<ToolCallFormat> detect(String template) {
    if (template.contains("<parameter=") || template.contains("<|START_ACTION|>")) {
      return Optional.empty();
    }
    if (template.contains("[TOOL_CALLS]")) {
      return Optional.of(template.contains("[ARGS]") ? MISTRAL_NAMED : MISTRAL);
    }
    if (template.contains("<|tool_call|>")) {
      return Optional.of(GRANITE);
    }
    if (template.contains("<tool_call>")) {
      return Optional.of(HERMES);
    }
    if (template.contains("<function=")) {
      return Optional.of(FUNCTION_TAG);
    }
    if (template.contains("\"parameters\"")
        && (template.contains("<|python_tag|>") || template.contains("ipython"))) {
      return Optional.of(LLAMA3);
    }
    boolean jsonCalls = template.contains("\"name\"") || template.contains("\\\"name\\\"");
    boolean ownChannels = template.contains("<|channel|>");
    return template.contains("tools") && jsonCalls && !ownChannels
        ? Optional.of(JSON)
        : Optional.empty();
  }

  /** Whether a call may be written with no marker before it, at the start of the answer. */
  boolean maySkipMarker() {
    return this == LLAMA3 || this == JSON;
  }

  Body body() {
    return body;
  }

  String argumentsKey() {
    return argumentsKey;
  }

  /** What begins a call or a list of calls. */
  String open() {
    return open;
  }

  /** What ends it, or "". */
  String close() {
    return close;
  }

  /** What stands between name and arguments of a NAMED body. */
  String nameEnd() {
    return this == FUNCTION_TAG ? ">" : "[ARGS]";
  }

  /** Every marker of the format, whether a model writes it as text or as a control token. */
  public List<String> markers() {
    List<String> markers = new ArrayList<>(openings());
    if (!close.isEmpty()) {
      markers.add(close);
    }
    if (this == MISTRAL_NAMED) {
      markers.add(nameEnd());
      markers.add("[CALL_ID]");
    }
    return List.copyOf(markers);
  }

  /** The markers that begin calls within text. */
  List<String> openings() {
    return open.isEmpty() ? List.of() : List.of(open);
  }
}
