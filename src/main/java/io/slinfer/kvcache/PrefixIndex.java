package io.slinfer.kvcache;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Finds full blocks by what they hold: a block is known by the serial of the block before it and
 * its own 16 tokens, so a chain of matches from a {@link #root} is an exact match of the whole
 * prefix, never a matter of hashes. Serials are never used twice; a block whose predecessor was
 * forgotten can no longer be found and leaves in its turn.
 *
 * <p>Confined to the device's owner. Each operation is O(1).
 */
final class PrefixIndex {

  /** The serial before the first block of a sequence. */
  private static final long ROOT = 0;

  /**
   * As the first variant's, for sequences whose keys are of that variant: each has chains of its
   * own.
   */
  static long root(int variant) {
    assert variant >= 0 : variant;
    return ROOT - variant;
  }

  /** What a block holds: the chain before it, and its tokens. */
  private record Content(long predecessor, int[] tokens) {

    @Override
    public boolean equals(Object other) {
      return other instanceof Content content
          && predecessor == content.predecessor
          && Arrays.equals(tokens, content.tokens);
    }

    @Override
    public int hashCode() {
      return Long.hashCode(predecessor * 0x9E3779B97F4A7C15L) + Arrays.hashCode(tokens);
    }
  }

  /** An indexed block and its serial. */
  record Entry(int block, long serial) {}

  private final Map<Content, Entry> entries = new HashMap<>();
  private final Content[] contentOfBlock;
  private long lastSerial = ROOT;

  PrefixIndex(int blocks) {
    contentOfBlock = new Content[blocks];
  }

  /**
   * The block that holds the tokens from {@code position} on after the chain {@code predecessor},
   * or null.
   */
  Entry find(long predecessor, Tokens tokens, int position) {
    return entries.get(content(predecessor, tokens, position));
  }

  /**
   * Makes a full block findable and returns the entry under which its content is known: another
   * block's if that content was there first.
   */
  Entry add(int block, long predecessor, Tokens tokens, int position) {
    Content content = content(predecessor, tokens, position);
    Entry known = entries.get(content);
    if (known != null) {
      return known;
    }
    Entry entry = new Entry(block, ++lastSerial);
    entries.put(content, entry);
    contentOfBlock[block] = content;
    return entry;
  }

  boolean holds(int block) {
    return contentOfBlock[block] != null;
  }

  /** Forgets what a block holds. */
  void remove(int block) {
    if (contentOfBlock[block] != null) {
      entries.remove(contentOfBlock[block]);
      contentOfBlock[block] = null;
    }
  }

  private static Content content(long predecessor, Tokens tokens, int position) {
    int[] ids = new int[BlockTable.TOKENS_PER_BLOCK];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = tokens.token(position + i);
    }
    return new Content(predecessor, ids);
  }
}
