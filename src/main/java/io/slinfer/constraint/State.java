package io.slinfer.constraint;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Everywhere that a grammar may be after some bytes: a set of (instruction that reads a byte,
 * stack), and whether the grammar may end. Interned; its fields that are filled in later hold pure
 * functions of it, so a racy reader sees nothing or the right thing (all they point to is
 * immutable).
 */
final class State {

  /** The state after a byte that is not allowed. */
  static final State DEAD = new State(new int[0], new Frame[0], false, 0);

  /** The allowed tokens as bits; {@code only} is the token if there is just one, else -1. */
  record Mask(long[] bits, int only) {}

  /** The tokens that a rule allows whoever called it, and where in the trie it may have ended. */
  record RuleMask(long[] bits, int[] ends) {}

  /** Instructions, with {@link #stacks} position by position. */
  final int[] instructions;

  /** Stacks; null is the empty stack. */
  final Frame[] stacks;

  /** Whether the grammar may end here. */
  final boolean accepting;

  /** Per byte class the next state; null while unknown. */
  final State[] next;

  /** The distinct callers of the stacks, null among them for none. */
  final List<Frame> callers;

  volatile Mask mask;
  volatile RuleMask ruleMask;

  State(int[] instructions, Frame[] stacks, boolean accepting, int byteClasses) {
    this.instructions = instructions;
    this.stacks = stacks;
    this.accepting = accepting;
    this.next = new State[byteClasses];
    Set<Frame> found = new LinkedHashSet<>();
    for (Frame stack : stacks) {
      found.add(stack == null ? null : stack.caller);
    }
    callers = Collections.unmodifiableList(new ArrayList<>(found));
  }
}
