package io.slinfer.model.chat;

import java.util.List;
import java.util.function.Supplier;

/**
 * A Python iterator, such as {@code map} and {@code select} return: true, without a length,
 * computed when first read, and empty once it has been read. Confined to one rendering.
 */
final class Lazy {

  private Supplier<List<Object>> source;

  Lazy(Supplier<List<Object>> source) {
    this.source = source;
  }

  /** The elements, once; later calls get none. */
  List<Object> take() {
    List<Object> taken = source.get();
    source = List::of;
    return taken;
  }

  /** The next element only, or undefined. */
  Object takeFirst() {
    List<Object> items = take();
    if (items.isEmpty()) {
      return new Undefined("No first item, sequence was empty.");
    }
    source = () -> items.subList(1, items.size());
    return items.getFirst();
  }
}
