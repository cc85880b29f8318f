package io.slinfer.recording;

/** Where the lines of a recording go. Called on the node's owner; must not wait. */
interface LineSink {

  /** What came in, or what later lines refer to. */
  void input(CharSequence line);

  /** What the node decided. */
  void decision(CharSequence line);
}
