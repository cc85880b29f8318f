package io.slinfer.constraint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The notation: what texts a grammar has, and what it says of mistakes. */
final class GbnfParserTest {

  private static final TokenTrie BYTES = Vocabularies.bytesAnd(List.of(), List.of());

  private static final String JSON =
      """
      root   ::= object  # a comment
      value  ::= object | array | string | number | ("true" | "false" | "null") ws
      object ::= "{" ws ( string ":" ws value ("," ws string ":" ws value)* )? "}" ws
      array  ::= "[" ws ( value ("," ws value)* )? "]" ws
      string ::=
        "\\"" (
          [^"\\\\\\x7F\\x00-\\x1F] |
          "\\\\" (["\\\\bfnrt] | "u" [0-9a-fA-F]{4}) # escapes
        )* "\\"" ws
      number ::= ("-"? ([0-9] | [1-9] [0-9]{0,15})) ("." [0-9]+)? ([eE] [-+]? [0-9] [1-9]{0,15})? ws
      ws ::= | " " | "\\n" [ \\t]{0,20}
      """;

  record Case(String grammar, List<String> texts, List<String> others) {}

  static Stream<Case> cases() {
    return Stream.of(
        new Case("root ::= \"abc\"", List.of("abc"), List.of("", "ab", "abcd", "b")),
        new Case("root ::= \"a\"? \"b\"+ \"c\"*", List.of("b", "abbc", "bcc"), List.of("a", "aab")),
        new Case("root ::= [a-c]{2,4}", List.of("ab", "abca"), List.of("a", "abcab", "ad")),
        new Case("root ::= \"x\"{3}", List.of("xxx"), List.of("xx", "xxxx")),
        new Case("root ::= \"x\"{2,}", List.of("xx", "xxxxxxx"), List.of("x")),
        new Case("root ::= [a-z]{0,1000} \".\"", List.of(".", "abc."), List.of("a", "A.")),
        new Case("root ::= ([a-z]{2} \" \"){100,200}", List.of("ab ".repeat(150)), List.of("ab ")),
        new Case("root ::= ([a-z]+ \" \"?){60} \"!\"", List.of("ab ".repeat(60) + "!"), List.of()),
        new Case("root ::= (\"a\"?){0,3} \"b\"", List.of("b", "aaab"), List.of("aaaab")),
        new Case("root ::= (\"a\"*)*", List.of("", "aaaa"), List.of("b")),
        new Case("root ::= [^é-ü\\n] .", List.of("a\n", "ý€", "€😀"), List.of("éa", "üa", "\na")),
        new Case(
            "root ::= [\\u4e00-\\u9fff\\U0001F600-\\U0001F64F]+",
            List.of("漢字", "😀漢", "😀"),
            List.of("a", "ﾊ", "🚀")),
        new Case("root ::= \"\\x41\\u00e9\\\"\\\\\\n\"", List.of("Aé\"\\\n"), List.of("A")),
        new Case(
            "root ::= a | \"(\" root \")\"\na ::= \"z\"", List.of("z", "((z))"), List.of("(z")),
        new Case("root ::= \"a\" root \"b\" | \"\"", List.of("", "aabb"), List.of("aab", "abb")),
        new Case("root ::= list\nlist ::= \"x\" | \"x\" list", List.of("x", "xxxx"), List.of("")),
        new Case(
            "root ::= a a a\na ::= \"y\" b?\nb ::= a", List.of("yyy", "yyyyyy"), List.of("yy")),
        new Case("root ::= \"a\"\n  | \"b\"\n", List.of("a", "b"), List.of("ab")),
        new Case(
            JSON,
            List.of("{}", "{ \"a\":[1,2,{\"b\\u00e9\":-1.5e+9}], \"c\":null}", "{\"é\":\"😀\"}"),
            List.of("", "[", "{\"a\":01}", "{\"a\" 1}", "{\"\n\":1}")));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void hasTheTextsThatTheNotationMeans(Case example) {
    TokenConstraint constraint = TokenConstraint.compile(Grammar.parse(example.grammar), BYTES);
    example.texts.forEach(text -> assertTrue(matches(constraint, text), text));
    example.others.forEach(text -> assertTrue(!matches(constraint, text), text));
  }

  private static boolean matches(TokenConstraint constraint, String text) {
    ConstraintState state = constraint.start();
    for (byte value : text.getBytes(StandardCharsets.UTF_8)) {
      int token = value & 0xFF;
      long[] mask = state.allowedTokens();
      boolean allowed = (mask[token >> 6] >>> token & 1) == 1;
      assertEquals(state.allows(token), allowed);
      if (!allowed) {
        return false;
      }
      state.accept(token);
    }
    assertEquals(state.mayEnd(), (state.allowedTokens()[4] & 1) == 1);
    return state.mayEnd();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "`root ::= \"a`; line 1, column 10: this literal is not closed",
        "`root ::= [a-`; line 1, column 10: this character class is not closed",
        "`root ::= (\"a\"`; line 1, column 10: this group is not closed",
        "`root ::= \"a\" )`; line 1, column 14: expected the name of a rule",
        "`root ::= b`; line 1, column 10: rule b is not defined",
        "`a ::= \"b\"`; line 1, column 1: there is no rule root",
        "`root ::= \"a\"\nroot ::= \"b\"`; line 2, column 1: rule root is defined twice",
        "`root ::= \"a\"\n  b \"c\"`; line 2, column 3: rule b is not defined",
        "`root = \"a\"`; line 1, column 6: expected ::= after root",
        "`root ::= \"\\q\"`; line 1, column 11: \\q is no escape",
        "`root ::= \"\\xZZ\"`; line 1, column 11: this escape needs 2 hex digits",
        "`root ::= \"\\ud800\"`; line 1, column 11: this escape is no Unicode character",
        "`root ::= [z-a]`; line 1, column 11: this range has its ends the wrong way round",
        "`root ::= \"a\"{3,2}`; line 1, column 13: the count {3,2} has its bounds",
        "`root ::= \"a\"{x}`; line 1, column 13: a count must be a number",
        "`root ::= %`; line 1, column 10: unexpected %",
      })
  void namesLineAndColumnOfAMistake(String grammar, String message) {
    ConstraintException error =
        assertThrows(ConstraintException.class, () -> Grammar.parse(grammar));
    assertTrue(error.getMessage().contains(message), error.getMessage());
  }

  @Test
  void refusesGrammarsThatCannotBeFollowed() {
    refuses("root ::= root \"a\" | \"b\"", "left-recursive");
    refuses("root ::= a\na ::= \"x\"? b\nb ::= a \"y\" | \"z\"", "left-recursive");
    refuses("root ::= \"a\" root", "no text of finite length");
    refuses("root ::= [^\\x00-\\U0010FFFF]", "no text of finite length");
    refuses("root ::= (\"abc\" [d-f]?){0,1000000} x{1000,1000000}\nx ::= \"y\"?", "too large");
    refuses("root ::= " + "(".repeat(300) + "\"a\"" + ")".repeat(300), "nested deeper");
  }

  @Test
  void refusesAmbiguityWithoutBoundWhenItIsMet() {
    Grammar grammar = Grammar.parse("root ::= \"a\" root \"b\" | \"a\" root \"c\" | \"d\"");
    ConstraintState state = TokenConstraint.compile(grammar, BYTES).start();
    ConstraintException error =
        assertThrows(
            ConstraintException.class,
            () -> {
              for (int i = 0; i < 200; i++) {
                state.accept('a');
              }
            });
    assertTrue(error.getMessage().contains("too ambiguous"), error.getMessage());
  }

  private static void refuses(String grammar, String message) {
    ConstraintException error =
        assertThrows(
            ConstraintException.class,
            () -> TokenConstraint.compile(Grammar.parse(grammar), BYTES));
    assertTrue(error.getMessage().contains(message), error.getMessage());
  }
}
