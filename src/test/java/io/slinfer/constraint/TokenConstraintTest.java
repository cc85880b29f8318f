package io.slinfer.constraint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.constraint.schema.JsonSchemaGrammar;
import io.slinfer.constraint.schema.Whitespace;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Masks against the plain question, token by token, whether the grammar can take its bytes. */
final class TokenConstraintTest {

  private final long seed = Long.getLong("slinfer.seed", 20261123L);

  static Stream<Grammar> grammars() {
    return Stream.of(
        JsonSchemaGrammar.anyObject(Whitespace.BOUNDED),
        Grammar.parse("root ::= (word \" \")* word \".\"\nword ::= [a-zA-Z]+ (\"'\" word)?"),
        Grammar.parse("root ::= ([a-z ]{3,200} \"\\n\"){2,50}"),
        Grammar.parse("root ::= line{1,300}\nline ::= . .{10,30} \"\\n\" line{0,20} \"#\""),
        Grammar.parse("root ::= \"(\" root \")\" root? | [^()]{0,9} | \"th\" (\"e\" | \"ere\")"),
        Grammar.parse("root ::= ([^<] | \"<\" [^/])* \"</end>\""));
  }

  @ParameterizedTest
  @MethodSource("grammars")
  void masksHoldExactlyTheTokensWhoseBytesTheGrammarTakes(Grammar grammar) {
    TokenTrie trie = Vocabularies.demo();
    TokenConstraint constraint = TokenConstraint.compile(grammar, trie);
    Random random = new Random(seed);
    for (int walk = 0; walk < 12; walk++) {
      ConstraintState state = constraint.start();
      for (int step = 0; step < 60 && !state.mustEnd(); step++) {
        if (random.nextInt(40) == 0) {
          constraint.automaton().forget();
        }
        List<Integer> allowed = new ArrayList<>();
        for (int token = 0; token < trie.vocabulary().size(); token++) {
          if (state.allows(token)) {
            allowed.add(token);
          }
        }
        assertEquals(allowed, TokenSampler.tokens(state.allowedTokens()), "seed " + seed);
        assertEquals(allowed.size() == 1 ? allowed.getFirst() : -1, state.onlyToken());
        assertFalse(allowed.isEmpty());
        state.accept(allowed.get(random.nextInt(allowed.size())));
        if (state.ended()) {
          break;
        }
      }
    }
  }

  @Test
  void equalStatesOfSequencesShareOneMask() {
    TokenConstraint constraint =
        TokenConstraint.compile(
            JsonSchemaGrammar.anyObject(Whitespace.COMPACT), Vocabularies.demo());
    TokenTrie bytes = Vocabularies.bytesAnd(List.of(), List.of());
    assertSame(constraint.start().allowedTokens(), constraint.start().allowedTokens());
    TokenConstraint loop = TokenConstraint.compile(Grammar.parse("root ::= [a-z]* \".\""), bytes);
    ConstraintState one = loop.start();
    ConstraintState other = loop.start();
    one.accept('a');
    other.accept('b');
    other.accept('c');
    assertSame(one.allowedTokens(), other.allowedTokens());
  }

  @Test
  void theNumberOfStatesAndMasksKeptIsBounded() {
    TokenTrie bytes = Vocabularies.bytesAnd(List.of(), List.of());
    TokenConstraint constraint =
        TokenConstraint.compile(Grammar.parse("root ::= ([a-y] \"z\"*){1000000}"), bytes);
    ConstraintState state = constraint.start();
    for (int i = 0; i < 100_000; i++) {
      state.accept('a');
    }
    assertTrue(constraint.automaton().knownStates() <= 60_001);
    assertTrue(state.allows('z'));
    assertFalse(state.mayEnd());
  }

  @Test
  void threadsThatShareAConstraintSeeTheSameMasks() throws Exception {
    TokenTrie trie = Vocabularies.demo();
    TokenConstraint shared =
        TokenConstraint.compile(JsonSchemaGrammar.anyObject(Whitespace.BOUNDED), trie);
    TokenConstraint own =
        TokenConstraint.compile(JsonSchemaGrammar.anyObject(Whitespace.BOUNDED), trie);
    List<Integer> tokens = new TokenSampler(trie, new Random(seed), 100).sample(own);
    Callable<Void> follow =
        () -> {
          ConstraintState mine = shared.start();
          ConstraintState expected = own.start();
          for (int token : tokens) {
            assertArrayEquals(expected.allowedTokens(), mine.allowedTokens());
            mine.accept(token);
            expected.accept(token);
          }
          return null;
        };
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Future<Void>> results = threads.invokeAll(List.of(follow, follow, follow, follow));
      for (Future<Void> result : results) {
        result.get();
      }
    }
  }

  @Test
  void theEndIsAllowedExactlyWhereTheGrammarMayEnd() {
    TokenTrie bytes = Vocabularies.bytesAnd(List.of("ab"), List.of("[M]"));
    TokenConstraint constraint =
        TokenConstraint.compile(Grammar.parse("root ::= \"ab\" \"c\"?"), bytes);
    ConstraintState state = constraint.start();
    assertThrows(IllegalArgumentException.class, () -> state.accept(256));
    assertThrows(IllegalArgumentException.class, () -> state.accept(258));
    state.accept(257);
    assertTrue(state.mayEnd());
    assertFalse(state.mustEnd());
    state.accept('c');
    assertTrue(state.mustEnd());
    assertEquals(256, state.onlyToken());
    state.accept(256);
    assertTrue(state.ended());
    assertThrows(IllegalStateException.class, state::allowedTokens);
  }

  @Test
  void whatTheVocabularyCannotWriteIsLeftOutOfTheGrammar() {
    byte[][] pieces = {{'a'}, {'b'}, {}, {'c', 'd'}};
    boolean[] none = new boolean[4];
    TokenTrie trie =
        new TokenTrie(new GgufVocabulary(pieces, new boolean[] {false, false, true, false}, none));
    ConstraintState state =
        TokenConstraint.compile(Grammar.parse("root ::= [a-e] | \"cx\" | \"bb\""), trie).start();
    assertEquals(List.of(0, 1), TokenSampler.tokens(state.allowedTokens()));
    Grammar unwritable = Grammar.parse("root ::= \"x\"");
    assertThrows(ConstraintException.class, () -> TokenConstraint.compile(unwritable, trie));
  }
}
