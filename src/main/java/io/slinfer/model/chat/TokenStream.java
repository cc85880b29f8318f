package io.slinfer.model.chat;

import io.slinfer.model.chat.Token.Kind;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The tokens under a parser's eyes. Confined to one compilation. */
final class TokenStream {

  private static final int MAX_NESTING = 200;

  private final List<Token> tokens;
  private int position;
  private int nesting;
  private Set<String> namesRead = new HashSet<>();

  TokenStream(List<Token> tokens) {
    this.tokens = tokens;
  }

  Token current() {
    return tokens.get(position);
  }

  Token lookAhead() {
    return tokens.get(Math.min(position + 1, tokens.size() - 1));
  }

  Token next() {
    Token token = tokens.get(position);
    if (token.kind() != Kind.END) {
      position++;
    }
    return token;
  }

  boolean skipName(String name) {
    return skipIf(current().isName(name));
  }

  boolean skipOperator(String operator) {
    return skipIf(current().isOperator(operator));
  }

  private boolean skipIf(boolean matches) {
    if (matches) {
      next();
    }
    return matches;
  }

  Token expect(Kind kind) {
    if (current().kind() != kind) {
      throw unexpected();
    }
    return next();
  }

  void expectOperator(String operator) {
    if (!skipOperator(operator)) {
      throw error("expected '" + operator + "', got " + current().described());
    }
  }

  ChatTemplateException unexpected() {
    return error("unexpected " + current().described());
  }

  ChatTemplateException error(String message) {
    return ChatTemplateException.syntax(current().line(), message);
  }

  /** Goes one level deeper in the source's nesting; matched by {@link #leave()}. */
  void enter() {
    if (++nesting > MAX_NESTING) {
      throw error("the template nests deeper than " + MAX_NESTING + " levels");
    }
  }

  void leave() {
    nesting--;
  }

  void reads(String name) {
    namesRead.add(name);
  }

  /** The names read since the set now held was put in place; the given one takes its place. */
  Set<String> swapNamesRead(Set<String> names) {
    Set<String> held = namesRead;
    namesRead = names;
    return held;
  }
}
