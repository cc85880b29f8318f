package io.slinfer.kvcache;

/**
 * The blocks that nobody uses but that can still be found, in the order in which they were given
 * back: a doubly linked list over block ids. Every operation is O(1).
 */
final class CachedBlocks {

  private final int[] newer;
  private final int[] older;
  private final int sentinel;
  private int size;

  CachedBlocks(int blocks) {
    newer = new int[blocks + 1];
    older = new int[blocks + 1];
    sentinel = blocks;
    newer[sentinel] = sentinel;
    older[sentinel] = sentinel;
  }

  int size() {
    return size;
  }

  void addNewest(int block) {
    int newest = older[sentinel];
    older[block] = newest;
    newer[block] = sentinel;
    newer[newest] = block;
    older[sentinel] = block;
    size++;
  }

  int removeOldest() {
    assert size > 0;
    int oldest = newer[sentinel];
    remove(oldest);
    return oldest;
  }

  void remove(int block) {
    newer[older[block]] = newer[block];
    older[newer[block]] = older[block];
    size--;
  }
}
