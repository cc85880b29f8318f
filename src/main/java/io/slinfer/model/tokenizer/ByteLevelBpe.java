package io.slinfer.model.tokenizer;

/**
 * Byte-level byte-pair encoding ({@code tokenizer.ggml.model = gpt2}): text is split into pieces,
 * each piece is encoded as UTF-8 bytes, and neighbouring symbols merge by the ranks of the merge
 * table. Immutable.
 */
final class ByteLevelBpe implements SubwordModel {

  private final PreTokenizer preTokenizer;
  private final boolean takesWholePieces;
  private final Vocabulary vocabulary;
  private final MergeTable merges;
  private final int unknown;
  private final PieceCache cache = new PieceCache();

  ByteLevelBpe(PreTokenizers.Family family, Vocabulary vocabulary, TokenizerKeys keys) {
    preTokenizer = family.preTokenizer();
    takesWholePieces = family.takesWholePieces();
    this.vocabulary = vocabulary;
    unknown = keys.id("unknown", -1, vocabulary.size());
    merges = new MergeTable(keys.merges(), vocabulary.index(), vocabulary.size());
  }

  @Override
  public void encode(char[] text, int from, int to, TokenList out) {
    PairMerging merging = new PairMerging();
    preTokenizer.split(
        text,
        from,
        to,
        (start, end) -> {
          int[] known = cache.find(text, start, end);
          if (known != null) {
            out.addAll(known);
            return;
          }
          int before = out.size();
          encodePiece(text, start, end, merging, out);
          cache.put(text, start, end, out, before);
        });
  }

  @Override
  public byte[] bytes(String written) {
    return ByteText.bytes(written);
  }

  @Override
  public boolean addsSpaceBefore() {
    return false;
  }

  private void encodePiece(char[] text, int from, int to, PairMerging merging, TokenList out) {
    byte[] bytes = Utf8.encode(text, from, to);
    if (takesWholePieces && bytes.length <= vocabulary.index().longestChars()) {
      int token = wholePiece(bytes);
      if (token >= 0) {
        out.add(token);
        return;
      }
    }
    merging.begin(bytes.length);
    for (byte value : bytes) {
      merging.append(merges.symbolOfByte(value & 0xff), 1);
    }
    merging.run(merges);
    for (int at = merging.first(); at >= 0; at = merging.after(at)) {
      merges.addTokens(merging.symbol(at), unknown, out);
    }
  }

  private int wholePiece(byte[] bytes) {
    char[] written = new char[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      written[i] = ByteText.character(bytes[i] & 0xff);
    }
    int token = vocabulary.index().find(written, 0, written.length);
    return token >= 0 && vocabulary.kind(token) == TokenKind.NORMAL ? token : -1;
  }
}
