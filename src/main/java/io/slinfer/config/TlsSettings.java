package io.slinfer.config;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The server's identity, as PEM files.
 *
 * @param certificate the certificate, followed by those that sign it
 * @param key its private key, not encrypted
 */
public record TlsSettings(Path certificate, Path key) {

  /** Reads the section; null if it is empty. */
  static TlsSettings read(Section section, Path folder) {
    String certificate = section.text("certificate", null);
    String key = section.text("key", null);
    section.end();
    if (certificate == null && key == null) {
      return null;
    }
    return new TlsSettings(
        file(section, "certificate", certificate, folder), file(section, "key", key, folder));
  }

  private static Path file(Section section, String name, String value, Path folder) {
    if (value == null || !Files.isReadable(folder.resolve(value))) {
      throw section.bad(name, value, "a PEM file that can be read; both certificate and key");
    }
    return folder.resolve(value);
  }
}
