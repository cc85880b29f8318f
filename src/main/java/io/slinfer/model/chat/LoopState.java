package io.slinfer.model.chat;

import java.util.List;

/** The {@code loop} variable: where a for loop stands. Confined to one rendering. */
final class LoopState implements HasAttributes, Callable {

  private final List<Object> elements;
  private final int depth;
  private final Callable recursion;
  private int index = -1;
  private List<Object> lastChecked;

  /**
   * @param depth 0 for a loop that is not called by itself
   * @param recursion what a call of {@code loop} does, or null if the loop is not recursive
   */
  LoopState(List<Object> elements, int depth, Callable recursion) {
    this.elements = elements;
    this.depth = depth;
    this.recursion = recursion;
  }

  void advance() {
    index++;
  }

  int length() {
    return elements.size();
  }

  @Override
  public String typeName() {
    return "LoopContext";
  }

  @Override
  public Object attribute(String name) {
    return switch (name) {
      case "index" -> index + 1L;
      case "index0" -> (long) index;
      case "revindex" -> (long) elements.size() - index;
      case "revindex0" -> elements.size() - index - 1L;
      case "first" -> index == 0;
      case "last" -> index == elements.size() - 1;
      case "length" -> (long) elements.size();
      case "depth" -> depth + 1L;
      case "depth0" -> (long) depth;
      case "previtem" ->
          index > 0 ? elements.get(index - 1) : new Undefined("there is no previous item");
      case "nextitem" ->
          index + 1 < elements.size()
              ? elements.get(index + 1)
              : new Undefined("there is no next item");
      case "cycle" -> (Callable) (arguments, budget) -> cycle(arguments);
      case "changed" -> (Callable) this::changed;
      default -> HasAttributes.missing(this, name);
    };
  }

  private Object cycle(Arguments arguments) {
    List<Object> values = arguments.positional();
    if (values.isEmpty()) {
      throw ChatTemplateException.runtime("no items for cycling given");
    }
    return values.get(index % values.size());
  }

  private boolean changed(Arguments arguments, Budget budget) {
    List<Object> values = arguments.positional();
    boolean changed = lastChecked == null || !Comparisons.equal(lastChecked, values, budget);
    lastChecked = values;
    return changed;
  }

  @Override
  public Object call(Arguments arguments, Budget budget) {
    if (recursion == null) {
      throw ChatTemplateException.runtime(
          "The loop must have the 'recursive' marker to be called recursively.");
    }
    return recursion.call(arguments, budget);
  }
}
