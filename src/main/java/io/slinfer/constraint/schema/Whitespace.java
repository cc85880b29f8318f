package io.slinfer.constraint.schema;

/** The white space that JSON output may have between its tokens. */
public enum Whitespace {
  /** None at all. */
  COMPACT,
  /** After brackets and separators one space, or a line break and at most 20 spaces or tabs. */
  BOUNDED
}
