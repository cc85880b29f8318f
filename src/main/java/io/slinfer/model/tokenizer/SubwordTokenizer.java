package io.slinfer.model.tokenizer;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.function.IntPredicate;

/**
 * A tokenizer made of a vocabulary, its special tokens and a subword model for the text between
 * them. Immutable.
 */
final class SubwordTokenizer implements Tokenizer {

  private static final byte[] NOTHING = {};

  private final Vocabulary vocabulary;
  private final SubwordModel model;
  private final SpecialRules rules;
  private final SpecialTokens userDefined;
  private final SpecialTokens special;

  /**
   * What a model does around its special tokens.
   *
   * @param begin the id of BOS, or -1; {@code end} that of EOS
   * @param addBegin start every text with BOS; {@code addEnd}: end it with EOS
   * @param ends tokens that end a generation
   * @param swallowSpace tokens that swallow the white space after them
   */
  record SpecialRules(
      int begin, int end, boolean addBegin, boolean addEnd, BitSet ends, BitSet swallowSpace) {}

  SubwordTokenizer(Vocabulary vocabulary, SubwordModel model, SpecialRules rules) {
    this.vocabulary = vocabulary;
    this.model = model;
    this.rules = rules;
    userDefined = new SpecialTokens(vocabulary, kind -> kind == TokenKind.USER_DEFINED);
    special =
        new SpecialTokens(vocabulary, kind -> kind == TokenKind.USER_DEFINED || kind.isHidden());
  }

  @Override
  public int[] encode(String text, boolean addSpecial, boolean parseSpecial) {
    char[] chars = text.toCharArray();
    TokenList out = new TokenList(chars.length / 3 + 8);
    if (addSpecial && rules.addBegin) {
      out.add(rules.begin);
    }
    SpecialTokens written = parseSpecial ? special : userDefined;
    int start = 0;
    int at = 0;
    while (at < chars.length) {
      int token = written.longestAt(chars, at);
      if (token < 0) {
        at++;
        continue;
      }
      model.encode(chars, start, at, out);
      out.add(token);
      at += vocabulary.text(token).length();
      while (rules.swallowSpace.get(token) && at < chars.length && isAsciiSpace(chars[at])) {
        at++;
      }
      start = at;
    }
    model.encode(chars, start, chars.length, out);
    if (addSpecial && rules.addEnd) {
      out.add(rules.end);
    }
    return out.toArray();
  }

  @Override
  public byte[] piece(int token, boolean withSpecial) {
    requireKnown(token);
    String written = vocabulary.text(token);
    return switch (vocabulary.kind(token)) {
      case NORMAL -> model.bytes(written);
      case USER_DEFINED -> written.getBytes(StandardCharsets.UTF_8);
      case CONTROL, UNKNOWN -> withSpecial ? written.getBytes(StandardCharsets.UTF_8) : NOTHING;
      case BYTE -> new byte[] {(byte) SentencePiece.byteValue(written)};
      case UNUSED, UNDEFINED -> NOTHING;
    };
  }

  @Override
  public byte[] decode(int[] tokens, boolean withSpecial) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(tokens.length * 4);
    boolean dropSpace = model.addsSpaceBefore();
    for (int token : tokens) {
      byte[] piece = piece(token, withSpecial);
      boolean isText = !vocabulary.kind(token).isHidden();
      int start = dropSpace && isText && piece.length > 0 && piece[0] == ' ' ? 1 : 0;
      bytes.write(piece, start, piece.length - start);
      dropSpace &= !isText;
    }
    return bytes.toByteArray();
  }

  @Override
  public TokenStream stream(IntPredicate shown) {
    return new Stream(shown);
  }

  @Override
  public int vocabularySize() {
    return vocabulary.size();
  }

  @Override
  public boolean endsGeneration(int token) {
    return token >= 0 && rules.ends.get(token);
  }

  @Override
  public int beginOfSequence() {
    return rules.begin;
  }

  @Override
  public int endOfSequence() {
    return rules.end;
  }

  @Override
  public String written(int token) {
    if (token == -1) {
      return "";
    }
    requireKnown(token);
    return vocabulary.text(token);
  }

  private void requireKnown(int token) {
    if (token < 0 || token >= vocabulary.size()) {
      throw new IllegalArgumentException(
          "token " + token + " is not in the vocabulary; allowed: 0 to " + (vocabulary.size() - 1));
    }
  }

  private static boolean isAsciiSpace(char c) {
    return c == ' ' || c >= '\t' && c <= '\r';
  }

  private final class Stream implements TokenStream {

    private final Utf8.Decoder decoder = new Utf8.Decoder();
    private final IntPredicate shown;

    Stream(IntPredicate shown) {
      this.shown = shown;
    }

    @Override
    public String next(int token) {
      StringBuilder text = new StringBuilder();
      decoder.decode(piece(token, shown.test(token)), text);
      return text.toString();
    }

    @Override
    public String end() {
      StringBuilder text = new StringBuilder();
      decoder.end(text);
      return text.toString();
    }
  }
}
