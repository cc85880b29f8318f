package io.slinfer.constraint;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The tokens of a vocabulary as a trie of their bytes, laid out in preorder so that one pass from
 * left to right visits it and {@link #subtreeEnd} skips what cannot match. Node 0 is the root.
 * Control tokens lie under {@link ProgramCompiler#MARKER_BYTE}. Immutable; built once per model, in
 * O(bytes x log tokens).
 */
public final class TokenTrie {

  private final Vocabulary vocabulary;
  private final byte[][] paths;
  private final byte[] value;
  private final short[] depth;
  private final int[] subtreeEnd;
  private final int[] token;
  private final int[] sameBytes;
  private final int maxDepth;
  private final BitSet writableBytes = new BitSet(256);
  private final Set<String> controls = new HashSet<>();

  public TokenTrie(Vocabulary vocabulary) {
    this.vocabulary = vocabulary;
    paths = new byte[vocabulary.size()][];
    List<Integer> tokens = new ArrayList<>();
    long bytes = 0;
    int longest = 0;
    for (int id = 0; id < paths.length; id++) {
      paths[id] = path(id);
      if (paths[id].length > 0) {
        tokens.add(id);
        bytes += paths[id].length;
        longest = Math.max(longest, paths[id].length);
        if (paths[id].length == 1) {
          writableBytes.set(paths[id][0] & 0xFF);
        }
      }
    }
    maxDepth = longest;
    tokens.sort(Comparator.comparing(id -> paths[id], Arrays::compareUnsigned));
    sameBytes = new int[paths.length];
    Arrays.fill(sameBytes, -1);
    Layout layout = new Layout(Math.toIntExact(bytes + 1), maxDepth);
    byte[] previous = {};
    for (int id : tokens) {
      layout.add(previous, paths[id], id);
      previous = paths[id];
    }
    layout.closeFrom(0);
    value = Arrays.copyOf(layout.value, layout.size);
    depth = Arrays.copyOf(layout.depth, layout.size);
    subtreeEnd = Arrays.copyOf(layout.end, layout.size);
    token = Arrays.copyOf(layout.token, layout.size);
  }

  private byte[] path(int id) {
    if (vocabulary.endsGeneration(id)) {
      return new byte[0];
    }
    byte[] piece = vocabulary.piece(id);
    if (piece.length > Short.MAX_VALUE - 1) {
      throw new ConstraintException("token " + id + " has " + piece.length + " bytes");
    }
    if (!vocabulary.control(id) || piece.length == 0) {
      return isText(piece) ? piece : new byte[0];
    }
    controls.add(new String(piece, StandardCharsets.UTF_8));
    byte[] path = new byte[piece.length + 1];
    path[0] = (byte) ProgramCompiler.MARKER_BYTE;
    System.arraycopy(piece, 0, path, 1, piece.length);
    return path;
  }

  /** Whether no byte is one that UTF-8 never has and the trie uses for control tokens. */
  private static boolean isText(byte[] piece) {
    for (byte value : piece) {
      if ((value & 0xFF) == ProgramCompiler.MARKER_BYTE) {
        return false;
      }
    }
    return true;
  }

  /** Nodes while they are laid out, in the order of the sorted tokens. */
  private final class Layout {
    private final byte[] value;
    private final short[] depth;
    private final int[] end;
    private final int[] token;
    private final int[] open;
    private int deepest;
    private int size = 1;

    Layout(int capacity, int maxDepth) {
      value = new byte[capacity];
      depth = new short[capacity];
      end = new int[capacity];
      token = new int[capacity];
      open = new int[maxDepth + 1];
      Arrays.fill(token, -1);
    }

    void add(byte[] previous, byte[] path, int id) {
      int shared = Arrays.mismatch(previous, path);
      if (shared < 0) {
        int first = token[size - 1];
        sameBytes[id] = sameBytes[first];
        sameBytes[first] = id;
        return;
      }
      closeFrom(shared + 1);
      for (int i = shared; i < path.length; i++) {
        value[size] = path[i];
        depth[size] = (short) (i + 1);
        open[i + 1] = size++;
      }
      deepest = path.length;
      token[size - 1] = id;
    }

    void closeFrom(int level) {
      for (int i = level; i <= deepest; i++) {
        end[open[i]] = size;
      }
    }
  }

  public Vocabulary vocabulary() {
    return vocabulary;
  }

  public int nodes() {
    return value.length;
  }

  /** The bytes from the root to the token, none if it has no place. Not to be changed. */
  byte[] pathTo(int token) {
    return paths[token];
  }

  /** The byte on the way into the node. */
  byte value(int node) {
    return value[node];
  }

  /** The number of bytes from the root. */
  int depth(int node) {
    return depth[node];
  }

  /** The first node after the node's descendants. */
  int subtreeEnd(int node) {
    return subtreeEnd[node];
  }

  /** The first token that ends at the node, or -1. */
  int token(int node) {
    return token[node];
  }

  /** The next token of the same bytes, or -1. */
  int sameBytes(int token) {
    return sameBytes[token];
  }

  /** The most bytes of any token's path. */
  int maxDepth() {
    return maxDepth;
  }

  /** The bytes that some token writes alone. */
  BitSet writableBytes() {
    return writableBytes;
  }

  /** Whether a control token has this written form. */
  boolean hasControl(String written) {
    return controls.contains(written);
  }
}
