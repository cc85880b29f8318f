package io.slinfer.model.chat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Python's searching and splitting of texts; positions count code points. */
final class StringSplits {

  private StringSplits() {}

  /** {@code split} and {@code rsplit}: arguments sep and maxsplit. */
  static List<Object> split(String text, Arguments.Bound arguments, Budget budget, boolean right) {
    String separator = arguments.text(0, null);
    int limit = arguments.integer(1, -1);
    int splits = limit < 0 ? Integer.MAX_VALUE : limit;
    if (separator == null) {
      return right ? atSpaceFromRight(text, splits) : atSpace(text, splits);
    }
    if (separator.isEmpty()) {
      throw ChatTemplateException.runtime("empty separator");
    }
    return right ? fromRight(text, separator, splits) : fromLeft(text, separator, splits);
  }

  /** The parts of a text between white space. */
  static List<Object> words(String text) {
    return atSpace(text, Integer.MAX_VALUE);
  }

  private static List<Object> fromLeft(String text, String separator, int splits) {
    List<Object> parts = new ArrayList<>();
    int start = 0;
    int at = text.indexOf(separator);
    while (at >= 0 && parts.size() < splits) {
      parts.add(text.substring(start, at));
      start = at + separator.length();
      at = text.indexOf(separator, start);
    }
    parts.add(text.substring(start));
    return parts;
  }

  private static List<Object> fromRight(String text, String separator, int splits) {
    List<Object> parts = new ArrayList<>();
    int end = text.length();
    int at = text.lastIndexOf(separator);
    while (at >= 0 && parts.size() < splits) {
      parts.add(text.substring(at + separator.length(), end));
      end = at;
      at = end < separator.length() ? -1 : text.lastIndexOf(separator, end - separator.length());
    }
    parts.add(text.substring(0, end));
    Collections.reverse(parts);
    return parts;
  }

  private static List<Object> atSpace(String text, int splits) {
    List<Object> parts = new ArrayList<>();
    int start = CodePoints.leadingSpace(text, 0);
    while (start < text.length()) {
      if (parts.size() == splits) {
        parts.add(text.substring(start));
        break;
      }
      int end = start;
      while (end < text.length() && !CodePoints.isSpace(text.charAt(end))) {
        end++;
      }
      parts.add(text.substring(start, end));
      start = CodePoints.leadingSpace(text, end);
    }
    return parts;
  }

  private static List<Object> atSpaceFromRight(String text, int splits) {
    List<Object> parts = new ArrayList<>();
    int end = CodePoints.trailingSpace(text);
    while (end > 0) {
      if (parts.size() == splits) {
        parts.add(text.substring(0, end));
        break;
      }
      int start = end;
      while (start > 0 && !CodePoints.isSpace(text.charAt(start - 1))) {
        start--;
      }
      parts.add(text.substring(start, end));
      end = CodePoints.trailingSpace(text.substring(0, start));
    }
    Collections.reverse(parts);
    return parts;
  }

  static Tuple partition(String text, String separator, boolean right) {
    if (separator.isEmpty()) {
      throw ChatTemplateException.runtime("empty separator");
    }
    int at = right ? text.lastIndexOf(separator) : text.indexOf(separator);
    if (at < 0) {
      return new Tuple(right ? List.of("", "", text) : List.of(text, "", ""));
    }
    return new Tuple(
        List.of(text.substring(0, at), separator, text.substring(at + separator.length())));
  }

  /** {@code find} and {@code rfind}: arguments sub, start and end; -1 if there is none. */
  static long find(String text, Arguments.Bound arguments, boolean right) {
    String wanted = arguments.requiredText(0);
    int length = CodePoints.length(text);
    int start = position(arguments.integer(1, 0), length);
    int end = position(arguments.integer(2, length), length);
    if (start > end || arguments.integer(1, 0) > length) {
      return -1;
    }
    String part = CodePoints.substring(text, start, end);
    int at = right ? part.lastIndexOf(wanted) : part.indexOf(wanted);
    return at < 0 ? -1 : start + part.codePointCount(0, at);
  }

  static long count(String text, Arguments.Bound arguments) {
    String wanted = arguments.requiredText(0);
    String part = part(text, arguments);
    if (wanted.isEmpty()) {
      return CodePoints.length(part) + 1L;
    }
    long count = 0;
    for (int at = part.indexOf(wanted); at >= 0; at = part.indexOf(wanted, at + wanted.length())) {
      count++;
    }
    return count;
  }

  /** The part of the text that the arguments start (index 1) and end (index 2) choose. */
  static String part(String text, Arguments.Bound arguments) {
    if (!arguments.has(1)) {
      return text;
    }
    int length = CodePoints.length(text);
    int start = position(arguments.integer(1, 0), length);
    int end = position(arguments.integer(2, length), length);
    return start < end ? CodePoints.substring(text, start, end) : "";
  }

  private static int position(int index, int length) {
    return Math.clamp(index < 0 ? (long) index + length : index, 0, length);
  }
}
