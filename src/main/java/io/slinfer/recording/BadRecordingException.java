package io.slinfer.recording;

import java.io.Serial;

/** A file is no recording, or a damaged one; the message says where and why. */
public final class BadRecordingException extends RuntimeException {

  @Serial private static final long serialVersionUID = 1;

  BadRecordingException(String message) {
    super(message, null, false, false);
  }
}
