package io.slinfer.toolcall;

import java.util.List;

/**
 * Text that is waiting to be let go: what may be the start of a marker stays, and white space right
 * before it. Confined to its parser.
 */
final class TextBeforeMarker {

  private final List<String> markers;
  private final StringBuilder waiting = new StringBuilder();

  TextBeforeMarker(List<String> markers) {
    this.markers = markers;
  }

  void add(CharSequence text) {
    waiting.append(text);
  }

  /** The position of the first marker, or -1. */
  int marker() {
    int first = -1;
    for (String marker : markers) {
      int at = waiting.indexOf(marker);
      if (at >= 0 && (first < 0 || at < first)) {
        first = at;
      }
    }
    return first;
  }

  /** The text before the marker at this position, without white space at its end. */
  String takeBefore(int position) {
    String text = waiting.substring(0, position).stripTrailing();
    waiting.delete(0, position);
    return text;
  }

  /** What cannot belong to a marker any more. */
  String takeSafe() {
    int end = waiting.length();
    for (String marker : markers) {
      end = Math.min(end, waiting.length() - heldFor(marker));
    }
    while (end > 0 && Character.isWhitespace(waiting.charAt(end - 1))) {
      end--;
    }
    String safe = waiting.substring(0, end);
    waiting.delete(0, end);
    return safe;
  }

  /** All of it without the marker that begins at its end; a single character is none. */
  String takeAllButMarker() {
    int begun = 0;
    for (String marker : markers) {
      begun = Math.max(begun, heldFor(marker));
    }
    String all = begun > 1 ? takeBefore(waiting.length() - begun) : waiting.toString();
    waiting.setLength(0);
    return all;
  }

  /** The length of the longest end of the text that begins the marker. */
  private int heldFor(String marker) {
    for (int length = Math.min(marker.length() - 1, waiting.length()); length > 0; length--) {
      if (marker.startsWith(waiting.substring(waiting.length() - length))) {
        return length;
      }
    }
    return 0;
  }

  /** All of it. */
  String takeAll() {
    String all = waiting.toString();
    waiting.setLength(0);
    return all;
  }
}
