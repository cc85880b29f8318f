package io.slinfer.model.chat;

/**
 * What one rendering may still spend, so that a hostile template can neither hang nor exhaust
 * memory. Confined to one rendering.
 */
final class Budget {

  /** Evaluated nodes, visited elements and copied blocks of text; about a second of work. */
  static final long MAX_STEPS = 20_000_000;

  /** The longest text a template may make, its output included, in UTF-16 units. */
  static final int MAX_TEXT = 16 << 20;

  /** The longest list or tuple a template may make. */
  static final int MAX_ELEMENTS = 1 << 20;

  /** Nested evaluations: expressions in statements in macro calls. Fits a 512 KiB stack. */
  static final int MAX_DEPTH = 400;

  private static final int CHARS_PER_STEP = 8;

  private long stepsLeft = MAX_STEPS;
  private int depth;

  /** Pays for a number of steps. */
  void spend(long steps) {
    stepsLeft -= steps;
    if (stepsLeft < 0) {
      throw ChatTemplateException.limit(
          "the chat template needs more than " + MAX_STEPS + " steps");
    }
  }

  /** Pays for making or scanning a text of this length, before it is made. */
  void spendText(long chars) {
    checkText(chars);
    spend(1 + chars / CHARS_PER_STEP);
  }

  /** Refuses a text of this length, whose making is paid for part by part. */
  void checkText(long chars) {
    if (chars > MAX_TEXT) {
      throw ChatTemplateException.limit(
          "the chat template makes a text longer than " + MAX_TEXT + " characters");
    }
  }

  /** Pays for making or scanning a list of this length, before it is made. */
  void spendElements(long elements) {
    if (elements > MAX_ELEMENTS) {
      throw ChatTemplateException.limit(
          "the chat template makes a list longer than " + MAX_ELEMENTS + " elements");
    }
    spend(1 + elements);
  }

  /** Goes one level deeper; each call is matched by {@link #leave()}. */
  void enter() {
    spend(1);
    if (++depth > MAX_DEPTH) {
      throw ChatTemplateException.limit(
          "the chat template or its input nests deeper than " + MAX_DEPTH + " levels");
    }
  }

  void leave() {
    depth--;
  }
}
