package io.slinfer.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

final class StopTextsTest {

  @Test
  void holdsBackOnlyWhatMayBecomeAStopText() {
    StopTexts stops = new StopTexts(List.of("END", "\n\n"));
    assertEquals("abc", stops.next("abcE"));
    assertEquals("Ex", stops.next("x"));
    assertEquals("", stops.next("\n"));
    assertEquals("\ny", stops.next("y"));
    assertEquals("", stops.next("E"));
    assertEquals("", stops.next("N"));
    assertEquals("EN", stops.end());
    assertFalse(stops.found());
  }

  @Test
  void takesTheEarliestStopText() {
    StopTexts stops = new StopTexts(List.of("later", "now"));
    assertEquals("a ", stops.next("a now and later"));
    assertTrue(stops.found());
  }

  @Test
  void passesAllTextOnAtOnceWithoutStopTexts() {
    StopTexts stops = new StopTexts(List.of());
    assertEquals("anything", stops.next("anything"));
    assertEquals("", stops.end());
  }

  /** Whatever the pieces, the text is what a search in the whole text gives. */
  @Property(tries = 2_000)
  void equalsASearchInTheWholeText(
      @ForAll @StringLength(max = 40) @CharRange(from = 'a', to = 'c') String text,
      @ForAll @Size(min = 1, max = 3)
          List<@StringLength(min = 1, max = 4) @CharRange(from = 'a', to = 'c') String> stopTexts,
      @ForAll @IntRange(min = 1, max = 7) int pieceLength) {
    int expectedEnd = -1;
    for (int end = 1; end <= text.length() && expectedEnd < 0; end++) {
      for (String stop : stopTexts) {
        if (text.substring(0, end).endsWith(stop)) {
          int start = end - stop.length();
          expectedEnd = expectedEnd < 0 ? start : Math.min(expectedEnd, start);
        }
      }
    }
    StopTexts stops = new StopTexts(stopTexts);
    StringBuilder emitted = new StringBuilder();
    for (int at = 0; at < text.length() && !stops.found(); at += 1) {
      emitted.append(stops.next(text.substring(at, at + 1)));
    }
    if (!stops.found()) {
      emitted.append(stops.end());
    }
    assertEquals(expectedEnd >= 0, stops.found());
    assertEquals(expectedEnd >= 0 ? text.substring(0, expectedEnd) : text, emitted.toString());
    assertNothingOfAStopTextLeaksInPieces(text, stopTexts, pieceLength);
  }

  private static void assertNothingOfAStopTextLeaksInPieces(
      String text, List<String> stopTexts, int pieceLength) {
    StopTexts stops = new StopTexts(stopTexts);
    StringBuilder emitted = new StringBuilder();
    for (int at = 0; at < text.length() && !stops.found(); at += pieceLength) {
      emitted.append(stops.next(text.substring(at, Math.min(text.length(), at + pieceLength))));
    }
    if (!stops.found()) {
      emitted.append(stops.end());
      assertEquals(text, emitted.toString());
    }
    for (String stop : stopTexts) {
      assertFalse(emitted.toString().contains(stop));
    }
  }
}
