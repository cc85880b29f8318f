package io.slinfer.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Files that commands write at their end. */
final class ResultFile {

  private ResultFile() {}

  /**
   * Fails before the long work if a file cannot be written; what it holds stays till then.
   *
   * @param file null for none
   */
  static void requireWritable(Path file) throws IOException {
    if (file != null) {
      Files.writeString(file, "", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
  }
}
