package io.slinfer.model.chat;

import java.io.Serial;

/**
 * A template that does not compile, refuses its input, or cannot be rendered; the message is fit
 * for the caller.
 */
public final class ChatTemplateException extends RuntimeException {

  @Serial private static final long serialVersionUID = 1;

  /** What went wrong, so that a server can tell a refused conversation from a broken template. */
  public enum Kind {
    /** The source is not a template. */
    SYNTAX,
    /** The template itself refused the conversation with {@code raise_exception}. */
    RAISED,
    /** The template used something that is not there. */
    UNDEFINED,
    /** An operation failed, as a TypeError or ValueError would in Python. */
    RUNTIME,
    /** Rendering took more steps, text or depth than allowed. */
    LIMIT
  }

  private final Kind kind;

  public ChatTemplateException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }

  static ChatTemplateException syntax(int line, String message) {
    return new ChatTemplateException(Kind.SYNTAX, "template line " + line + ": " + message);
  }

  static ChatTemplateException undefined(String message) {
    return new ChatTemplateException(Kind.UNDEFINED, message);
  }

  static ChatTemplateException runtime(String message) {
    return new ChatTemplateException(Kind.RUNTIME, message);
  }

  static ChatTemplateException limit(String message) {
    return new ChatTemplateException(Kind.LIMIT, message);
  }
}
