package io.slinfer.gateway;

import java.util.List;

/**
 * Looks for stop texts in a stream of text, also across its pieces, and holds back what may become
 * one. Confined to its user. A piece costs O(its length + longest stop text) for each stop text.
 */
final class StopTexts {

  private final List<String> stops;
  private final StringBuilder held = new StringBuilder();
  private String found;

  /**
   * @param stops none of them empty
   */
  StopTexts(List<String> stops) {
    this.stops = stops;
  }

  /** Takes the next piece and gives what is surely not part of a stop text. */
  String next(String piece) {
    if (stops.isEmpty()) {
      return piece;
    }
    held.append(piece);
    int first = firstStop();
    if (first >= 0) {
      found = stopAt(first);
      String before = held.substring(0, first);
      held.setLength(0);
      return before;
    }
    int safe = held.length() - longestStopStart();
    String text = held.substring(0, safe);
    held.delete(0, safe);
    return text;
  }

  /** Whether a stop text has come. */
  boolean found() {
    return found != null;
  }

  /** The stop text that has come; null if none. */
  String foundText() {
    return found;
  }

  /** What was held back when the stream ends without a stop text. */
  String end() {
    String rest = held.toString();
    held.setLength(0);
    return rest;
  }

  private int firstStop() {
    int first = -1;
    for (String stop : stops) {
      int at = held.indexOf(stop);
      if (at >= 0 && (first < 0 || at < first)) {
        first = at;
      }
    }
    return first;
  }

  /** The longest stop text at a place where one is. */
  private String stopAt(int place) {
    String longest = "";
    for (String stop : stops) {
      if (stop.length() > longest.length() && held.indexOf(stop) == place) {
        longest = stop;
      }
    }
    return longest;
  }

  /** Length of the longest end of the held text that is the start of a stop text. */
  private int longestStopStart() {
    int longest = 0;
    for (String stop : stops) {
      int length = Math.min(stop.length() - 1, held.length());
      while (length > longest && !endsWithStartOf(stop, length)) {
        length--;
      }
      longest = Math.max(longest, length);
    }
    return longest;
  }

  private boolean endsWithStartOf(String stop, int length) {
    int offset = held.length() - length;
    for (int i = 0; i < length; i++) {
      if (held.charAt(offset + i) != stop.charAt(i)) {
        return false;
      }
    }
    return true;
  }
}
