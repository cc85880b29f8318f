package io.slinfer.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.slinfer.constraint.ConstraintException;
import io.slinfer.constraint.Grammar;
import io.slinfer.request.TokenRule;
import io.slinfer.testing.ByteTokenizer;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class CompiledRulesTest {

  private final CompiledRules rules = new CompiledRules(new ByteTokenizer());

  @Test
  void keepsTheRulesUsedLast() {
    TokenRule first = rule(0);
    for (int i = 1; i < 16; i++) {
      rule(i);
    }
    assertSame(first, rule(0), "used again, so it is not the oldest");
    rule(16);
    assertSame(first, rules.known("0"));
    assertNull(rules.known("1"));
    assertNotNull(rules.known("16"));
  }

  @Test
  void whoeverAsksForTheSameSharesIt() throws Exception {
    Set<TokenRule> seen = ConcurrentHashMap.newKeySet();
    try (ExecutorService callers = Executors.newFixedThreadPool(4)) {
      List<Callable<Boolean>> calls =
          IntStream.range(0, 16)
              .mapToObj(i -> (Callable<Boolean>) () -> seen.add(rule(7)))
              .toList();
      for (Future<Boolean> call : callers.invokeAll(calls)) {
        call.get();
      }
    }
    assertEquals(1, seen.size());
  }

  @Test
  void aGrammarThatDoesNotCompileLeavesNothing() {
    assertThrows(
        ConstraintException.class, () -> rules.of("bad", () -> Grammar.parse("root ::= root")));
    assertNull(rules.known("bad"));
  }

  private TokenRule rule(int digit) {
    return rules.of(String.valueOf(digit), () -> Grammar.parse("root ::= \"" + digit + "\""));
  }
}
