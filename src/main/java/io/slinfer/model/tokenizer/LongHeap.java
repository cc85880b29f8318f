package io.slinfer.model.tokenizer;

import java.util.Arrays;

/** A binary heap of longs, smallest first. Confined to one call. */
final class LongHeap {

  private long[] values = new long[64];
  private int size;

  boolean isEmpty() {
    return size == 0;
  }

  void add(long value) {
    if (size == values.length) {
      values = Arrays.copyOf(values, size * 2);
    }
    int hole = size++;
    while (hole > 0 && values[hole - 1 >>> 1] > value) {
      values[hole] = values[hole - 1 >>> 1];
      hole = hole - 1 >>> 1;
    }
    values[hole] = value;
  }

  /** Removes and returns the smallest value; the heap must not be empty. */
  long poll() {
    assert size > 0;
    long smallest = values[0];
    long last = values[--size];
    int hole = 0;
    for (int child = 1; child < size; child = hole * 2 + 1) {
      if (child + 1 < size && values[child + 1] < values[child]) {
        child++;
      }
      if (last <= values[child]) {
        break;
      }
      values[hole] = values[child];
      hole = child;
    }
    values[hole] = last;
    return smallest;
  }
}
