package io.slinfer.model.chat;

import java.util.List;

/** A Python tuple; {@code names} of its elements are empty but for a named tuple. */
record Tuple(List<Object> items, List<String> names) {

  Tuple(List<Object> items) {
    this(items, List.of());
  }
}
