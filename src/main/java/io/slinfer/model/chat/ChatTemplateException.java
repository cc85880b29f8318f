package io.slinfer.model.chat;

import java.io.Serial;

/** A template that does not compile or refuses its input; the message is fit for the caller. */
public final class ChatTemplateException extends RuntimeException {

  @Serial private static final long serialVersionUID = 1;

  public ChatTemplateException(String message) {
    super(message);
  }
}
