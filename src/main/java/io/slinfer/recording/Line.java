package io.slinfer.recording;

import java.util.List;

/** Writes one JSON object into a builder; read as a sequence it is whole at any time. */
final class Line implements CharSequence {

  private final StringBuilder text;

  private Line(StringBuilder text) {
    this.text = text;
  }

  /** What comes in, at a time since the start. */
  static Line in(StringBuilder text, long nanos, String kind) {
    text.setLength(0);
    text.append("{\"t\":").append(nanos).append(",\"in\":\"").append(kind).append("\"}");
    return new Line(text);
  }

  /** What is decided. */
  static Line out(StringBuilder text, String kind) {
    text.setLength(0);
    text.append("{\"out\":\"").append(kind).append("\"}");
    return new Line(text);
  }

  /** What later lines refer to. */
  static Line def(StringBuilder text, String kind) {
    text.setLength(0);
    text.append("{\"def\":\"").append(kind).append("\"}");
    return new Line(text);
  }

  Line number(String key, long value) {
    key(key).append(value).append('}');
    return this;
  }

  Line number(String key, double value) {
    key(key).append(value).append('}');
    return this;
  }

  Line flag(String key, boolean value) {
    if (value) {
      key(key).append("true}");
    }
    return this;
  }

  Line text(String key, CharSequence value) {
    key(key).append('"');
    for (int i = 0; i < value.length(); i++) {
      char letter = value.charAt(i);
      if (letter == '"' || letter == '\\') {
        text.append('\\').append(letter);
      } else if (letter < ' ') {
        text.append(String.format("\\u%04x", (int) letter));
      } else {
        text.append(letter);
      }
    }
    text.append("\"}");
    return this;
  }

  /** Left out if there is none. */
  Line numbers(String key, List<Integer> values) {
    if (!values.isEmpty()) {
      open(key);
      values.forEach(this::item);
      close();
    }
    return this;
  }

  /** Begins a list of numbers. */
  Line open(String key) {
    key(key).append('[');
    return this;
  }

  Line item(int value) {
    if (text.charAt(text.length() - 1) != '[') {
      text.append(',');
    }
    text.append(value);
    return this;
  }

  Line close() {
    text.append("]}");
    return this;
  }

  /** Takes the end off and begins another member. */
  private StringBuilder key(String key) {
    text.setLength(text.length() - 1);
    return text.append(",\"").append(key).append("\":");
  }

  @Override
  public int length() {
    return text.length();
  }

  @Override
  public char charAt(int index) {
    return text.charAt(index);
  }

  @Override
  public CharSequence subSequence(int start, int end) {
    return text.subSequence(start, end);
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
