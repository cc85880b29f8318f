package io.slinfer.model.chat;

import java.util.ArrayList;
import java.util.List;

/** A Python range, at most {@value #MAX_LENGTH} numbers long. */
record Range(long start, long stop, long step) {

  static final int MAX_LENGTH = 100_000;

  Range {
    if (step == 0) {
      throw ChatTemplateException.runtime("range() arg 3 must not be zero");
    }
    if (length(start, stop, step) > MAX_LENGTH) {
      throw ChatTemplateException.limit("a range may have at most " + MAX_LENGTH + " numbers");
    }
  }

  int length() {
    return (int) length(start, stop, step);
  }

  List<Object> items() {
    List<Object> items = new ArrayList<>(length());
    for (int i = 0; i < length(); i++) {
      items.add(start + i * step);
    }
    return items;
  }

  private static double length(long start, long stop, long step) {
    double span = ((double) stop - start) / step;
    return span <= 0 ? 0 : Math.ceil(span);
  }
}
