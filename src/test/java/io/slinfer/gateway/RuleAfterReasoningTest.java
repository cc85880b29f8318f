package io.slinfer.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.constraint.Grammar;
import io.slinfer.request.TokenRule;
import io.slinfer.testing.ByteTokenizer;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import org.junit.jupiter.api.Test;

final class RuleAfterReasoningTest {

  private final ByteTokenizer tokenizer = new ByteTokenizer();
  private final TokenRule yes =
      new CompiledRules(tokenizer).of("yes", () -> Grammar.parse("root ::= \"yes\""));
  private final TokenRule.Progress progress =
      new RuleAfterReasoning(yes, tokenizer, "</think>").start();

  @Test
  void reasoningIsFreeButMayNotEndTheAnswer() {
    BitSet allowed = BitSet.valueOf(progress.allowed());
    assertEquals(256, allowed.cardinality());
    assertFalse(allowed.get(ByteTokenizer.END));
    write("so {\"what\": 1} </thin</think");
    assertEquals(256, BitSet.valueOf(progress.allowed()).cardinality());
    assertFalse(progress.isComplete());
  }

  @Test
  void theGrammarBeginsAfterTheMarker() {
    write("hm</think>");
    assertEquals("{121}", BitSet.valueOf(progress.allowed()).toString());
    write("yes");
    assertTrue(progress.isComplete());
    assertEquals("{" + ByteTokenizer.END + "}", BitSet.valueOf(progress.allowed()).toString());
  }

  private void write(String text) {
    for (byte one : text.getBytes(StandardCharsets.UTF_8)) {
      progress.accept(one & 0xFF);
    }
  }
}
