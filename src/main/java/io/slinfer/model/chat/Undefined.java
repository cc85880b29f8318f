package io.slinfer.model.chat;

/**
 * The value of a name or element that is not there: false, empty and printed as nothing; any other
 * use fails with its message.
 */
record Undefined(String message) {

  ChatTemplateException failure() {
    return ChatTemplateException.undefined(message);
  }
}
