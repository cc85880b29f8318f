package io.slinfer.toolcall;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ReasoningMarkersTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "{{- '<think>\\n' }}...</think>~<think>",
        "{%- if '</think>' in content %}~<think>",
        "[THINK]{{ x }}[/THINK]~[THINK]",
        "<|start|>assistant<|channel|>analysis<|message|>~<|channel|>analysis<|message|>",
      })
  void areDetectedInTemplates(String template, String open) {
    assertEquals(open, ReasoningMarkers.detect(template).orElseThrow().open());
  }

  @Test
  void areNotThereWhereNoTemplateKnowsThem() {
    assertEquals(Optional.empty(), ReasoningMarkers.detect("{{ messages }}<|im_end|>"));
  }

  @Test
  void knowWhetherAPromptEndsWithin() {
    ReasoningMarkers think = ReasoningMarkers.detect("</think>").orElseThrow();
    assertTrue(think.endsInside("<|im_start|>assistant\n<think>\n"));
    assertFalse(think.endsInside("<|im_start|>assistant\n<think>\n\n</think>\n\n"));
  }

  @Test
  void splitTheChannelsOfHarmony() {
    ReasoningSplitter splitter =
        ReasoningMarkers.detect("<|channel|> analysis").orElseThrow().splitter(false);
    StringBuilder reasoning = new StringBuilder();
    StringBuilder answer = new StringBuilder();
    for (String piece :
        "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>42"
            .split("")) {
      for (ReasoningEvent event : splitter.feed(piece)) {
        switch (event) {
          case ReasoningEvent.Reasoning(String text) -> reasoning.append(text);
          case ReasoningEvent.Answer(String text) -> answer.append(text);
        }
      }
    }
    assertEquals(List.of("hm", "42"), List.of(reasoning.toString(), answer.toString()));
  }
}
