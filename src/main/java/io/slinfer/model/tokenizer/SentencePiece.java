package io.slinfer.model.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;

/**
 * SentencePiece vocabularies of the BPE kind ({@code tokenizer.ggml.model = llama}; Kudo and
 * Richardson 2018): spaces are written U+2581, neighbouring symbols merge where the result is a
 * token, the best score first, and what is no token in the end is written in byte tokens.
 * Immutable.
 */
final class SentencePiece implements SubwordModel {

  private static final char SPACE_MARK = '▁';

  private final TokenIndex tokens;
  private final int[] ranks;
  private final int[] byteTokens = new int[256];
  private final int unknown;
  private final boolean addsSpaceBefore;
  private final boolean removesExtraSpaces;
  private final PieceCache cache = new PieceCache();

  /** Characters other than the space mark after which some token has a space mark. */
  private final BitSet joinsSpaceMark = new BitSet();

  SentencePiece(Vocabulary vocabulary, TokenizerKeys keys) {
    tokens =
        new TokenIndex(
            vocabulary.texts(),
            token ->
                switch (vocabulary.kind(token)) {
                  case NORMAL, USER_DEFINED, UNUSED, UNDEFINED -> true;
                  case CONTROL, UNKNOWN, BYTE -> false;
                });
    ranks = ranksOf(keys.scores(vocabulary.size()), vocabulary.size());
    unknown = keys.id("unknown", 0, vocabulary.size());
    addsSpaceBefore = keys.flag("add_space_prefix", true);
    removesExtraSpaces = keys.flag("remove_extra_whitespaces", false);
    Arrays.fill(byteTokens, -1);
    for (int token = 0; token < vocabulary.size(); token++) {
      String text = vocabulary.text(token);
      if (vocabulary.kind(token) == TokenKind.BYTE) {
        byteTokens[byteValue(text)] = token;
      }
      for (int mark = text.indexOf(SPACE_MARK, 1);
          mark > 0;
          mark = text.indexOf(SPACE_MARK, mark + 1)) {
        joinsSpaceMark.set(text.charAt(mark - 1));
      }
    }
    joinsSpaceMark.clear(SPACE_MARK);
  }

  /**
   * The byte that a byte token stands for.
   *
   * @throws VocabularyException if it is not written {@code <0xHH>}
   */
  static int byteValue(String written) {
    if (!written.matches("<0x[0-9A-Fa-f]{2}>")) {
      throw new VocabularyException(
          "tokenizer.ggml.tokens", "byte token '" + written + "' is not written <0xHH>");
    }
    return Integer.parseInt(written, 3, 5, 16);
  }

  @Override
  public void encode(char[] text, int from, int to, TokenList out) {
    char[] marked = mark(text, from, to);
    PairMerging merging = new PairMerging();
    int start = 0;
    for (int i = 1; i <= marked.length; i++) {
      if (i == marked.length || beginsWord(marked, i)) {
        encodeWord(marked, start, i, merging, out);
        start = i;
      }
    }
  }

  @Override
  public byte[] bytes(String written) {
    return written.replace(SPACE_MARK, ' ').getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public boolean addsSpaceBefore() {
    return addsSpaceBefore;
  }

  /** The text with its spaces marked, and one before it if the model wants that. */
  private char[] mark(char[] text, int from, int to) {
    int start = from;
    int end = to;
    while (removesExtraSpaces && start < end && text[start] == ' ') {
      start++;
    }
    while (removesExtraSpaces && start < end && text[end - 1] == ' ') {
      end--;
    }
    char[] marked = new char[end - start + 1];
    int size = 0;
    if (addsSpaceBefore && start < end) {
      marked[size++] = SPACE_MARK;
    }
    for (int i = start; i < end; i++) {
      if (text[i] != ' ') {
        marked[size++] = text[i];
      } else if (!removesExtraSpaces || text[i - 1] != ' ') {
        marked[size++] = SPACE_MARK;
      }
    }
    return Arrays.copyOf(marked, size);
  }

  /** Whether no token can reach across an index, so that both sides merge independently. */
  private boolean beginsWord(char[] text, int index) {
    return text[index] == SPACE_MARK
        && text[index - 1] != SPACE_MARK
        && !joinsSpaceMark.get(text[index - 1]);
  }

  private void encodeWord(char[] text, int from, int to, PairMerging merging, TokenList out) {
    if (from == to) {
      return;
    }
    int[] known = cache.find(text, from, to);
    if (known != null) {
      out.addAll(known);
      return;
    }
    int before = out.size();
    merging.begin(to - from);
    for (int at = from; at < to; ) {
      int end = Characters.after(text, at, to);
      merging.append(tokens.find(text, at, end), end - at);
      at = end;
    }
    merging.run((left, right, start, end) -> merge(text, from + start, from + end));
    for (int at = merging.first(); at >= 0; at = merging.after(at)) {
      addToken(merging.symbol(at), text, from + at, from + merging.end(at), out);
    }
    cache.put(text, from, to, out, before);
  }

  private long merge(char[] text, int from, int to) {
    int token = tokens.find(text, from, to);
    return token < 0 ? MergeRule.NONE : MergeRule.of(ranks[token], token);
  }

  private void addToken(int token, char[] text, int from, int to, TokenList out) {
    if (token >= 0) {
      out.add(token);
      return;
    }
    for (byte value : Utf8.encode(text, from, to)) {
      int byteToken = byteTokens[value & 0xff];
      if (byteToken >= 0 || unknown >= 0) {
        out.add(byteToken >= 0 ? byteToken : unknown);
      }
    }
  }

  /** Ranks the scores, 0 for the best; equal scores share a rank. */
  private static int[] ranksOf(double[] scores, int count) {
    double[] ascending = Arrays.stream(scores, 0, count).sorted().distinct().toArray();
    int[] ranks = new int[count];
    for (int token = 0; token < count; token++) {
      ranks[token] = ascending.length - 1 - Arrays.binarySearch(ascending, scores[token]);
    }
    return ranks;
  }
}
