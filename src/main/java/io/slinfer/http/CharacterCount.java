package io.slinfer.http;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/** Counts the characters of UTF-8 that comes in pieces. Confined to its user. */
final class CharacterCount {

  private final CharsetDecoder decoder =
      StandardCharsets.UTF_8.newDecoder().onMalformedInput(CodingErrorAction.REPLACE);

  /** The beginning of a character. */
  private byte[] open = {};

  private int whole;

  /** Whole characters so far; one that is not whole begins there. */
  int whole() {
    return whole;
  }

  void add(byte[] piece) {
    ByteBuffer bytes = ByteBuffer.allocate(open.length + piece.length).put(open).put(piece).flip();
    CharBuffer characters = CharBuffer.allocate(bytes.remaining());
    decoder.reset().decode(bytes, characters, false);
    whole += characters.position();
    open = new byte[bytes.remaining()];
    bytes.get(open);
  }
}
