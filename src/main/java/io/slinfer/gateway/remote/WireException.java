package io.slinfer.gateway.remote;

import java.io.Serial;

/** A message that another node sent is malformed. */
final class WireException extends RuntimeException {

  @Serial private static final long serialVersionUID = 1;

  WireException(String message) {
    super(message);
  }
}
