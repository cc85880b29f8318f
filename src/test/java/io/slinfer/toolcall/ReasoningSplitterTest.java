package io.slinfer.toolcall;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Reasoning and answer told apart, however the text is cut into pieces. */
final class ReasoningSplitterTest {

  private final long seed = Long.getLong("slinfer.seed", 20261123L);

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "none",
      value = {
        "'<think>\nHmm, a < b.\n</think>\n\nYes. ' | false | 'Hmm, a < b.' | 'Yes. '",
        "'\n<think></think>Yes' | false | '' | 'Yes'",
        "'Hmm</think>Yes</think>' | true | 'Hmm' | 'Yes</think>'",
        "'No <think>x</think>' | false | '' | 'No <think>x</think>'",
        "'<thin' | false | '' | '<thin'",
        "'<think>cut off </thi' | false | 'cut off </thi' | ''",
        "'  plain' | false | '' | '  plain'",
        "'' | false | '' | ''",
      })
  void tellsReasoningFromTheAnswer(String text, boolean inside, String reasoning, String answer) {
    Random random = new Random(seed);
    for (int i = 0; i < 50; i++) {
      ReasoningSplitter splitter = new ReasoningSplitter("<think>", "</think>", inside);
      List<ReasoningEvent> events = new ArrayList<>();
      for (int at = 0; at < text.length(); ) {
        int end = Math.min(text.length(), at + 1 + (i == 0 ? text.length() : random.nextInt(5)));
        events.addAll(splitter.feed(text.substring(at, end)));
        at = end;
      }
      events.addAll(splitter.end());
      StringBuilder thoughts = new StringBuilder();
      StringBuilder said = new StringBuilder();
      for (ReasoningEvent event : events) {
        switch (event) {
          case ReasoningEvent.Reasoning part -> thoughts.append(part.text());
          case ReasoningEvent.Answer part -> said.append(part.text());
        }
      }
      assertEquals(reasoning, thoughts.toString());
      assertEquals(answer, said.toString());
    }
  }
}
