package io.slinfer.toolcall;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;

/**
 * Reads one JSON object that names a function and its arguments, character by character, and passes
 * the arguments' text on as it comes. Strict about the object itself; of the arguments it follows
 * only strings and brackets. Confined to its parser.
 */
final class CallReader {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** How far the object is. */
  enum Progress {
    GOING_ON,
    DONE,
    FAILED
  }

  private enum Expecting {
    OPENING,
    KEY_OR_END,
    KEY,
    COLON,
    VALUE,
    COMMA_OR_END
  }

  /** Takes what is found. */
  interface Sink {
    void name(String name);

    void arguments(String fragment);
  }

  private final Sink sink;
  private final String argumentsKey;
  private final StringBuilder raw = new StringBuilder();
  private final StringBuilder earlyArguments = new StringBuilder();
  private Expecting expecting = Expecting.OPENING;
  private String key = "";
  private boolean inToken;
  private boolean inString;
  private boolean escaped;
  private int depth;
  private boolean named;
  private boolean hasArguments;

  CallReader(String argumentsKey, Sink sink) {
    this.argumentsKey = argumentsKey;
    this.sink = sink;
  }

  /** A reader of arguments alone: it has {@link #hasReadValue} after them. */
  static CallReader ofArguments(Sink sink) {
    CallReader reader = new CallReader("arguments", sink);
    reader.named = true;
    reader.key = "arguments";
    reader.expecting = Expecting.VALUE;
    return reader;
  }

  /** Takes one more character of the object. */
  Progress next(char c) {
    if (inToken) {
      return inToken(c);
    }
    if (Character.isWhitespace(c)) {
      return Progress.GOING_ON;
    }
    return switch (expecting) {
      case OPENING -> c == '{' ? expect(Expecting.KEY_OR_END) : Progress.FAILED;
      case KEY_OR_END, KEY -> c == '"' ? startToken(c) : Progress.FAILED;
      case COLON -> c == ':' ? expect(Expecting.VALUE) : Progress.FAILED;
      case VALUE -> c == ',' || c == '}' || c == ']' ? Progress.FAILED : startToken(c);
      case COMMA_OR_END -> c == ',' ? expect(Expecting.KEY) : c == '}' ? finish() : Progress.FAILED;
    };
  }

  /** Whether a member's value has just been read. */
  boolean hasReadValue() {
    return !inToken && expecting == Expecting.COMMA_OR_END;
  }

  private Progress expect(Expecting what) {
    expecting = what;
    return Progress.GOING_ON;
  }

  private Progress startToken(char c) {
    inToken = true;
    raw.setLength(0);
    inString = c == '"';
    escaped = false;
    depth = c == '{' || c == '[' ? 1 : 0;
    take(c);
    return Progress.GOING_ON;
  }

  /** Arguments go on as they come, unless they are a string, whose content is what counts. */
  private void take(char c) {
    raw.append(c);
    if (streams()) {
      emit(String.valueOf(c));
    }
  }

  private boolean streams() {
    return expecting == Expecting.VALUE && isArguments() && raw.charAt(0) != '"';
  }

  private boolean isArguments() {
    return key.equals(argumentsKey) || key.equals("arguments") || key.equals("parameters");
  }

  private void emit(String fragment) {
    hasArguments = true;
    if (named) {
      sink.arguments(fragment);
    } else {
      earlyArguments.append(fragment);
    }
  }

  private Progress inToken(char c) {
    if (inString) {
      take(c);
      boolean closes = c == '"' && !escaped;
      escaped = c == '\\' && !escaped;
      inString = !closes;
      return closes && depth == 0 ? endToken() : Progress.GOING_ON;
    }
    if (depth == 0 && (c == ',' || c == '}' || Character.isWhitespace(c))) {
      Progress progress = endToken();
      return progress == Progress.GOING_ON ? next(c) : progress;
    }
    take(c);
    if (c == '"') {
      inString = true;
      escaped = false;
    } else if (c == '{' || c == '[') {
      depth++;
    } else if (c == '}' || c == ']') {
      depth--;
      return depth == 0 ? endToken() : depth < 0 ? Progress.FAILED : Progress.GOING_ON;
    }
    return Progress.GOING_ON;
  }

  private Progress endToken() {
    inToken = false;
    String text = raw.toString();
    if (expecting != Expecting.VALUE) {
      key = decoded(text);
      return key == null ? Progress.FAILED : expect(Expecting.COLON);
    }
    expecting = Expecting.COMMA_OR_END;
    if (key.equals("name") && !named) {
      String name = text.charAt(0) == '"' ? decoded(text) : null;
      if (name == null || name.isEmpty()) {
        return Progress.FAILED;
      }
      named = true;
      sink.name(name);
      if (!earlyArguments.isEmpty()) {
        sink.arguments(earlyArguments.toString());
      }
    } else if (isArguments() && text.charAt(0) == '"') {
      String content = decoded(text);
      if (content == null) {
        return Progress.FAILED;
      }
      emit(content);
    }
    return Progress.GOING_ON;
  }

  /** The content of a JSON string, or null if it is malformed. */
  private static String decoded(String quoted) {
    try {
      return JSON.readValue(quoted, String.class);
    } catch (JsonProcessingException _) {
      return null;
    }
  }

  private Progress finish() {
    if (named && !hasArguments) {
      sink.arguments("{}");
    }
    return named ? Progress.DONE : Progress.FAILED;
  }
}
