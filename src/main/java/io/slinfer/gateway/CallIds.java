package io.slinfer.gateway;

import io.slinfer.toolcall.ToolCallFormat;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;

/** Makes the ids of tool calls. */
final class CallIds {

  private static final String ALPHABET =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

  /** Mistral's templates refuse ids of any other length, and of other characters. */
  private static final int MISTRAL_LENGTH = 9;

  private static final int LENGTH = 24;

  private CallIds() {}

  static Supplier<String> of(ToolCallFormat format) {
    boolean mistral = format == ToolCallFormat.MISTRAL || format == ToolCallFormat.MISTRAL_NAMED;
    return mistral ? () -> random("", MISTRAL_LENGTH) : () -> random("call_", LENGTH);
  }

  private static String random(String prefix, int length) {
    StringBuilder id = new StringBuilder(prefix);
    for (int i = 0; i < length; i++) {
      id.append(ALPHABET.charAt(ThreadLocalRandom.current().nextInt(ALPHABET.length())));
    }
    return id.toString();
  }
}
