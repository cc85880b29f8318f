package io.slinfer.constraint;

/**
 * The top of a stack of what is unfinished: a called rule, or a counted loop inside one. Interned,
 * so that equal stacks are mostly the same object; immutable.
 */
final class Frame {

  static final int NO_LOOP = -1;

  /** Unique in the automaton's life. */
  final long id;

  /** The instruction after the call; of a loop, nothing. */
  final int returnTo;

  /** The loop's number, or {@link #NO_LOOP} for a called rule. */
  final int loop;

  /** Passes that the loop still must make. */
  final int needed;

  /** Passes that the loop still may make, or {@link Expression#UNBOUNDED}. */
  final int remaining;

  /** What lies below, or null. */
  final Frame parent;

  /** The nearest called rule from here down, or null. */
  final Frame caller;

  /** What tells frames apart. */
  record Key(int returnTo, int loop, int needed, int remaining, long parent) {}

  Frame(long id, Key key, Frame parent) {
    this.id = id;
    this.returnTo = key.returnTo;
    this.loop = key.loop;
    this.needed = key.needed;
    this.remaining = key.remaining;
    this.parent = parent;
    this.caller = loop == NO_LOOP ? this : parent == null ? null : parent.caller;
  }
}
