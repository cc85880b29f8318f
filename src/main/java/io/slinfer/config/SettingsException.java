package io.slinfer.config;

import java.io.Serial;

/**
 * A setting that cannot be used; the message names the file, the key, the value and what is
 * allowed.
 */
public final class SettingsException extends RuntimeException {

  @Serial private static final long serialVersionUID = 1;

  public SettingsException(String message) {
    super(message);
  }
}
