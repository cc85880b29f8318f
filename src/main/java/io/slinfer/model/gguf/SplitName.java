package io.slinfer.model.gguf;

import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name of one part of a split model: {@code STEM-00002-of-00005.gguf}.
 *
 * @param stem what all parts' names begin with
 * @param part from 1
 * @param count number of parts, at least 1
 */
public record SplitName(String stem, int part, int count) {

  private static final Pattern PATTERN = Pattern.compile("(.*)-(\\d{5})-of-(\\d{5})\\.gguf");

  /** The parts of a file name, or empty if it does not follow the pattern. */
  public static Optional<SplitName> of(Path file) {
    Matcher matcher = PATTERN.matcher(file.getFileName().toString());
    if (!matcher.matches()) {
      return Optional.empty();
    }
    int part = Integer.parseInt(matcher.group(2));
    int count = Integer.parseInt(matcher.group(3));
    return part < 1 || part > count
        ? Optional.empty()
        : Optional.of(new SplitName(matcher.group(1), part, count));
  }

  /** The file name of another part of the same model. */
  public String fileName(int otherPart) {
    return "%s-%05d-of-%05d.gguf".formatted(stem, otherPart, count);
  }
}
