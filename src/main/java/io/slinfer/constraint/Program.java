package io.slinfer.constraint;

import java.util.Arrays;

/**
 * A grammar as instructions of a non-deterministic pushdown machine that reads bytes. Immutable.
 *
 * <p>Instructions are numbered; {@code operation[pc]} says which, {@code a, b, c} hold its
 * operands:
 *
 * <ul>
 *   <li>RETURN: the rule ends; go on at the caller
 *   <li>BYTES a..b: read one byte in the range, go on at c
 *   <li>SPLIT: go on at each of {@code targets[a]}
 *   <li>CALL: enter the rule that starts at {@code ruleStart[a]}, then go on at b
 *   <li>LOOP: enter {@code loops[a]}; LOOP_END: one pass through its body is done
 * </ul>
 *
 * Instruction 0 is RETURN.
 */
record Program(byte[] operation, int[] a, int[] b, int[] c, Tables tables) {

  static final byte RETURN = 0;
  static final byte BYTES = 1;
  static final byte SPLIT = 2;
  static final byte CALL = 3;
  static final byte LOOP = 4;
  static final byte LOOP_END = 5;

  /** A counted repeat: body entry, continuation, and how often. */
  record Loop(int body, int after, int min, int max) {}

  /**
   * What instructions refer to.
   *
   * @param byteClass per byte, its class: bytes of one class are alike to every instruction
   * @param exampleOfClass per class, one byte of it
   */
  record Tables(
      int start,
      int[][] targets,
      int[] ruleStart,
      Loop[] loops,
      byte[] byteClass,
      byte[] exampleOfClass) {}

  /** Groups the bytes that the ranges of all BYTES instructions do not tell apart. */
  static byte[] byteClasses(byte[] operation, int[] a, int[] b, int size) {
    boolean[] startsClass = new boolean[257];
    for (int pc = 0; pc < size; pc++) {
      if (operation[pc] == BYTES) {
        startsClass[a[pc]] = true;
        startsClass[b[pc] + 1] = true;
      }
    }
    byte[] classes = new byte[256];
    int current = 0;
    for (int value = 0; value < 256; value++) {
      if (value > 0 && startsClass[value]) {
        current++;
      }
      classes[value] = (byte) current;
    }
    return classes;
  }

  static byte[] examples(byte[] byteClass) {
    byte[] examples = new byte[(byteClass[255] & 0xFF) + 1];
    for (int value = 255; value >= 0; value--) {
      examples[byteClass[value] & 0xFF] = (byte) value;
    }
    return examples;
  }

  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(operation);
  }

  @Override
  public String toString() {
    return "Program of " + operation.length + " instructions";
  }
}
