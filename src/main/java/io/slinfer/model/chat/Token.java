package io.slinfer.model.chat;

/**
 * One piece of a template's source.
 *
 * @param text the decoded value of a string, the digits of a number without separators, else as
 *     written
 * @param line counted from 1
 */
record Token(Kind kind, String text, int line) {

  enum Kind {
    /** Text outside of tags, white space control done. */
    DATA,
    VARIABLE_BEGIN,
    VARIABLE_END,
    BLOCK_BEGIN,
    BLOCK_END,
    NAME,
    STRING,
    INTEGER,
    FLOAT,
    OPERATOR,
    END
  }

  boolean isName(String name) {
    return kind == Kind.NAME && text.equals(name);
  }

  boolean isOperator(String operator) {
    return kind == Kind.OPERATOR && text.equals(operator);
  }

  /** How an error message calls the token. */
  String described() {
    return switch (kind) {
      case END -> "the end of the template";
      case BLOCK_END -> "'%}'";
      case VARIABLE_END -> "'}}'";
      default -> "'" + text + "'";
    };
  }
}
