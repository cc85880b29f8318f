package io.slinfer.constraint;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Samples answers: any allowed token at random, towards the end one that is likely to close. */
public final class TokenSampler {

  private static final String CLOSERS = "\"}]";

  private final TokenTrie trie;
  private final Random random;
  private final int patience;

  /**
   * @param patience the number of tokens after which closing brackets and quotes are preferred
   */
  public TokenSampler(TokenTrie trie, Random random, int patience) {
    this.trie = trie;
    this.random = random;
    this.patience = patience;
  }

  /** The tokens of an answer that ended by itself, without the one that ended it. */
  public List<Integer> sample(TokenConstraint constraint) {
    ConstraintState state = constraint.start();
    List<Integer> tokens = new ArrayList<>();
    while (true) {
      int token = choose(state, tokens.size());
      state.accept(token);
      if (state.ended()) {
        return tokens;
      }
      tokens.add(token);
      if (tokens.size() > 40 * patience) {
        throw new AssertionError(
            "the answer does not end: " + new String(bytes(tokens), StandardCharsets.UTF_8));
      }
    }
  }

  private int choose(ConstraintState state, int length) {
    int only = state.onlyToken();
    if (only >= 0) {
      return only;
    }
    List<Integer> allowed = tokens(state.allowedTokens());
    if (allowed.isEmpty()) {
      throw new AssertionError("no token is allowed");
    }
    int token = allowed.get(random.nextInt(allowed.size()));
    if (length > patience) {
      int best = score(token);
      for (int candidate : allowed) {
        if (score(candidate) > best) {
          best = score(candidate);
          token = candidate;
        }
      }
    }
    return token;
  }

  private int score(int token) {
    if (trie.vocabulary().endsGeneration(token)) {
      return 3;
    }
    byte[] piece = trie.vocabulary().piece(token);
    return piece.length == 1 && CLOSERS.indexOf(piece[0]) >= 0 ? 2 : 0;
  }

  /** The ids of a mask. */
  public static List<Integer> tokens(long[] mask) {
    List<Integer> tokens = new ArrayList<>();
    for (int word = 0; word < mask.length; word++) {
      for (long left = mask[word]; left != 0; left &= left - 1) {
        tokens.add(64 * word + Long.numberOfTrailingZeros(left));
      }
    }
    return tokens;
  }

  /** The bytes of an answer. */
  public byte[] bytes(List<Integer> tokens) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    tokens.forEach(token -> bytes.writeBytes(trie.vocabulary().piece(token)));
    return bytes.toByteArray();
  }
}
