package io.slinfer.recording;

/** Where the lines of a recording go. Called on the node's owner; must not wait. */
interface LineSink {

  /** What later lines refer to. */
  void note(CharSequence line);

  /** What came in. */
  void input(CharSequence line);

  /** What the node decided. */
  void decision(CharSequence line);
}
