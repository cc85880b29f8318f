package io.slinfer.testing;

import io.slinfer.model.tokenizer.Tokenizer;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.function.IntPredicate;

/** One token for each byte of UTF-8; 256 begins a sequence and 257 ends one. */
public final class ByteTokenizer implements Tokenizer {

  public static final int BEGIN = 256;
  public static final int END = 257;

  @Override
  public int[] encode(String text, boolean addSpecial, boolean parseSpecial) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int[] ids = new int[bytes.length + (addSpecial ? 1 : 0)];
    int at = 0;
    if (addSpecial) {
      ids[at++] = BEGIN;
    }
    for (byte one : bytes) {
      ids[at++] = one & 0xff;
    }
    return ids;
  }

  @Override
  public byte[] piece(int token, boolean special) {
    return token < 256 ? new byte[] {(byte) token} : new byte[0];
  }

  @Override
  public byte[] decode(int[] tokens, boolean special) {
    byte[] bytes = new byte[tokens.length];
    int length = 0;
    for (int token : tokens) {
      if (token < 256) {
        bytes[length++] = (byte) token;
      }
    }
    return java.util.Arrays.copyOf(bytes, length);
  }

  @Override
  public TokenStream stream(IntPredicate shown) {
    CharsetDecoder decoder =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPLACE)
            .onUnmappableCharacter(CodingErrorAction.REPLACE);
    ByteBuffer pending = ByteBuffer.allocate(8);
    CharBuffer text = CharBuffer.allocate(16);
    return new TokenStream() {
      @Override
      public String next(int token) {
        pending.put(piece(token, shown.test(token))).flip();
        decoder.decode(pending, text, false);
        pending.compact();
        return take();
      }

      @Override
      public String end() {
        pending.flip();
        decoder.decode(pending, text, true);
        return take();
      }

      private String take() {
        String piece = text.flip().toString();
        text.clear();
        return piece;
      }
    };
  }

  @Override
  public int vocabularySize() {
    return 258;
  }

  @Override
  public boolean endsGeneration(int token) {
    return token == END;
  }

  @Override
  public int beginOfSequence() {
    return BEGIN;
  }

  @Override
  public int endOfSequence() {
    return END;
  }

  @Override
  public String written(int token) {
    return switch (token) {
      case BEGIN -> "<begin>";
      case END -> "<end>";
      default -> "";
    };
  }
}
