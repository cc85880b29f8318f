package io.slinfer.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/**
 * English text for speed figures: the lines of the project's own prose (documents, comments, the
 * demo models' sentences) in random order, and for every fifth line one of made-up words, so that
 * text has the long tail of rare words that natural text has.
 */
public final class EnglishText {

  private static final String[] SYLLABLES = {
    "an", "ber", "con", "di", "est", "for", "gra", "hol", "in", "jus", "ka", "lo", "men", "nor",
    "ous", "pre", "qui", "ra", "ster", "tion", "un", "ver", "wa", "xi", "yel", "zo"
  };

  private EnglishText() {}

  /** Text of at least so many chars; the same seed gives the same text of the same sources. */
  public static String ofChars(int chars, long seed) throws IOException {
    List<String> lines = sourceLines();
    Random random = new Random(seed);
    StringBuilder text = new StringBuilder(chars + 200);
    while (text.length() < chars) {
      if (random.nextInt(5) == 0) {
        appendMadeUp(random, text);
      } else {
        text.append(lines.get(random.nextInt(lines.size())));
      }
      text.append(random.nextInt(4) == 0 ? "\n" : " ");
    }
    return text.toString();
  }

  private static void appendMadeUp(Random random, StringBuilder text) {
    for (int word = 0; word < 12; word++) {
      text.append(word == 0 ? "" : " ");
      for (int n = 1 + random.nextInt(4); n > 0; n--) {
        text.append(SYLLABLES[random.nextInt(SYLLABLES.length)]);
      }
    }
    text.append('.');
  }

  private static List<String> sourceLines() throws IOException {
    List<String> lines = new ArrayList<>();
    for (String root : new String[] {"models/scripts", "src/main/java"}) {
      try (Stream<Path> files = Files.walk(Path.of(root))) {
        List<Path> chosen =
            files.filter(file -> file.toString().matches(".*\\.(md|py|java)")).sorted().toList();
        for (Path file : chosen) {
          addProse(Files.readAllLines(file), lines);
        }
      }
    }
    return lines;
  }

  private static void addProse(List<String> from, List<String> lines) {
    for (String line : from) {
      String prose = line.strip().replaceAll("^(/\\*\\*|\\*|//|#)\\s*", "");
      if (prose.split(" ").length >= 6 && !prose.endsWith(";") && !prose.endsWith("{")) {
        lines.add(prose);
      }
    }
  }
}
