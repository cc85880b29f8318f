package io.slinfer.constraint;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * What holds of a grammar's expressions over one vocabulary: whether they have any text at all that
 * its bytes can write, and whether the empty text is among them. Refuses left recursion.
 */
final class GrammarFacts {

  private final Grammar grammar;
  private final BitSet writableBytes;
  private final Set<String> productive = new HashSet<>();
  private final Set<String> nullable = new HashSet<>();

  /**
   * @param writableBytes the bytes that some token writes alone
   * @throws ConstraintException if the start rule has no text, or a rule is left-recursive
   */
  GrammarFacts(Grammar grammar, BitSet writableBytes) {
    this.grammar = grammar;
    this.writableBytes = writableBytes;
    growUntilStable(productive, true);
    if (!productive.contains(grammar.start())) {
      throw new ConstraintException(
          "no text of finite length that the vocabulary can write meets rule " + grammar.start());
    }
    growUntilStable(nullable, false);
    refuseLeftRecursion();
  }

  private void growUntilStable(Set<String> known, boolean productivity) {
    for (boolean grown = true; grown; ) {
      grown = false;
      for (Map.Entry<String, Expression> rule : grammar.rules().entrySet()) {
        if (!known.contains(rule.getKey())
            && (productivity ? isProductive(rule.getValue()) : isNullable(rule.getValue()))) {
          grown |= known.add(rule.getKey());
        }
      }
    }
  }

  /** Whether some text of the expression ends and can be written. */
  boolean isProductive(Expression expression) {
    return switch (expression) {
      case Expression.Text text -> isWritable(text.text());
      case Expression.Marker _ -> true;
      case Expression.Characters characters ->
          Utf8.forms(characters.set()).stream().anyMatch(this::isWritable);
      case Expression.Sequence sequence -> sequence.parts().stream().allMatch(this::isProductive);
      case Expression.Choice choice -> choice.alternatives().stream().anyMatch(this::isProductive);
      case Expression.Repeat repeat -> repeat.min() == 0 || isProductive(repeat.body());
      case Expression.Rule rule -> productive.contains(rule.name());
    };
  }

  private boolean isWritable(String text) {
    for (byte value : text.getBytes(StandardCharsets.UTF_8)) {
      if (!writableBytes.get(value & 0xFF)) {
        return false;
      }
    }
    return true;
  }

  /** Whether each byte of the form has a writable value. */
  boolean isWritable(Utf8.Form form) {
    for (int i = 0; i < form.first().length; i++) {
      int writable = writableBytes.nextSetBit(form.first()[i]);
      if (writable < 0 || writable > form.last()[i]) {
        return false;
      }
    }
    return true;
  }

  BitSet writableBytes() {
    return writableBytes;
  }

  /** Whether the empty text is one of the expression's. */
  boolean isNullable(Expression expression) {
    return switch (expression) {
      case Expression.Text text -> text.text().isEmpty();
      case Expression.Marker marker -> marker.text().isEmpty();
      case Expression.Characters _ -> false;
      case Expression.Sequence sequence -> sequence.parts().stream().allMatch(this::isNullable);
      case Expression.Choice choice -> choice.alternatives().stream().anyMatch(this::isNullable);
      case Expression.Repeat repeat ->
          repeat.min() == 0 || repeat.max() == 0 || isNullable(repeat.body());
      case Expression.Rule rule -> nullable.contains(rule.name());
    };
  }

  private void refuseLeftRecursion() {
    Map<String, Set<String>> leading = new HashMap<>();
    grammar
        .rules()
        .forEach(
            (name, body) -> {
              Set<String> rules = new LinkedHashSet<>();
              addLeading(body, rules);
              leading.put(name, rules);
            });
    Set<String> done = new HashSet<>();
    for (String name : grammar.rules().keySet()) {
      findCycle(name, leading, done);
    }
  }

  /** Depth first with an own stack: chains of rules may be long. */
  private static void findCycle(String start, Map<String, Set<String>> leading, Set<String> done) {
    Deque<String> path = new ArrayDeque<>();
    Deque<Iterator<String>> rest = new ArrayDeque<>();
    Set<String> onPath = new HashSet<>();
    if (done.contains(start)) {
      return;
    }
    path.push(start);
    onPath.add(start);
    rest.push(leading.get(start).iterator());
    while (!path.isEmpty()) {
      if (!rest.peek().hasNext()) {
        rest.pop();
        onPath.remove(path.peek());
        done.add(path.pop());
        continue;
      }
      String next = rest.peek().next();
      if (onPath.contains(next)) {
        throw new ConstraintException(
            "rule " + next + " is left-recursive: it can begin with itself");
      }
      if (!done.contains(next)) {
        path.push(next);
        onPath.add(next);
        rest.push(leading.get(next).iterator());
      }
    }
  }

  /** Collects the rules that the expression may enter before it has read a byte. */
  private void addLeading(Expression expression, Set<String> rules) {
    switch (expression) {
      case Expression.Text _, Expression.Marker _, Expression.Characters _ -> {}
      case Expression.Rule rule -> rules.add(rule.name());
      case Expression.Choice choice ->
          choice.alternatives().forEach(part -> addLeading(part, rules));
      case Expression.Repeat repeat -> addLeading(repeat.body(), rules);
      case Expression.Sequence sequence -> {
        for (Expression part : sequence.parts()) {
          addLeading(part, rules);
          if (!isNullable(part)) {
            return;
          }
        }
      }
    }
  }
}
