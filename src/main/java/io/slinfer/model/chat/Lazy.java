package io.slinfer.model.chat;

import java.util.List;

/**
 * A Python iterator, such as {@code map} and {@code select} return: true, without a length, and
 * empty once it has been read. Confined to one rendering.
 */
final class Lazy {

  private List<Object> items;

  Lazy(List<Object> items) {
    this.items = items;
  }

  /** The elements, once; later calls get none. */
  List<Object> take() {
    List<Object> taken = items;
    items = List.of();
    return taken;
  }

  /** The next element only, or undefined. */
  Object takeFirst() {
    if (items.isEmpty()) {
      return new Undefined("No first item, sequence was empty.");
    }
    Object first = items.getFirst();
    items = items.subList(1, items.size());
    return first;
  }
}
