package io.slinfer.constraint;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Compiles a grammar for one vocabulary. Each expression is compiled backwards, given the
 * instruction that follows it, so equal tails are shared and no jump is patched. What the
 * vocabulary cannot write, and what never ends, is left out: from every instruction the grammar can
 * still be completed.
 */
final class ProgramCompiler {

  static final int MAX_INSTRUCTIONS = 400_000;

  /** The byte before the written form of a control token in the trie; UTF-8 never has it. */
  static final int MARKER_BYTE = 0xFF;

  /** A repeat of up to this many instructions is written out instead of counted at run time. */
  private static final int MAX_WRITTEN_OUT = 192;

  private final Grammar grammar;
  private final TokenTrie trie;
  private final GrammarFacts facts;

  private byte[] operation = new byte[256];
  private int[] a = new int[256];
  private int[] b = new int[256];
  private int[] c = new int[256];
  private int size;

  private final List<int[]> targets = new ArrayList<>();
  private final List<Program.Loop> loops = new ArrayList<>();
  private final Map<String, Integer> ruleNumbers = new HashMap<>();
  private final Deque<String> rulesToCompile = new ArrayDeque<>();
  private final Map<BytesKey, Integer> bytesInstructions = new HashMap<>();

  private record BytesKey(int first, int last, int next) {}

  private ProgramCompiler(Grammar grammar, TokenTrie trie) {
    this.grammar = grammar;
    this.trie = trie;
    facts = new GrammarFacts(grammar, trie.writableBytes());
  }

  static Program compile(Grammar grammar, TokenTrie trie) {
    return new ProgramCompiler(grammar, trie).compile();
  }

  private Program compile() {
    int returns = add(Program.RETURN, 0, 0, 0);
    int start = ruleNumber(grammar.start());
    List<Integer> ruleStart = new ArrayList<>();
    while (!rulesToCompile.isEmpty()) {
      Expression body = grammar.rules().get(rulesToCompile.poll());
      ruleStart.add(compile(body, returns));
    }
    byte[] classes = Program.byteClasses(operation, a, b, size);
    Program.Tables tables =
        new Program.Tables(
            ruleStart.get(start),
            targets.toArray(int[][]::new),
            ruleStart.stream().mapToInt(Integer::intValue).toArray(),
            loops.toArray(Program.Loop[]::new),
            classes,
            Program.examples(classes));
    return new Program(
        Arrays.copyOf(operation, size),
        Arrays.copyOf(a, size),
        Arrays.copyOf(b, size),
        Arrays.copyOf(c, size),
        tables);
  }

  private int ruleNumber(String name) {
    return ruleNumbers.computeIfAbsent(
        name,
        _ -> {
          rulesToCompile.add(name);
          return ruleNumbers.size();
        });
  }

  /** Compiles a productive expression; returns the instruction that it begins with. */
  private int compile(Expression expression, int next) {
    return switch (expression) {
      case Expression.Text text -> compileText(text.text(), next);
      case Expression.Marker marker -> compileMarker(marker.text(), next);
      case Expression.Characters characters -> compileCharacters(characters.set(), next);
      case Expression.Sequence sequence -> {
        int entry = next;
        for (Expression part : sequence.parts().reversed()) {
          entry = compile(part, entry);
        }
        yield entry;
      }
      case Expression.Choice choice -> {
        List<Integer> entries = new ArrayList<>();
        for (Expression alternative : choice.alternatives()) {
          if (facts.isProductive(alternative)) {
            entries.add(compile(alternative, next));
          }
        }
        yield split(entries);
      }
      case Expression.Rule rule -> add(Program.CALL, ruleNumber(rule.name()), next, 0);
      case Expression.Repeat repeat -> compileRepeat(repeat, next);
    };
  }

  private int compileText(String text, int next) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int entry = next;
    for (int i = bytes.length - 1; i >= 0; i--) {
      entry = bytes(bytes[i] & 0xFF, bytes[i] & 0xFF, entry);
    }
    return entry;
  }

  private int compileMarker(String marker, int next) {
    if (trie.hasControl(marker)) {
      return bytes(MARKER_BYTE, MARKER_BYTE, compileText(marker, next));
    }
    Expression text = Expression.text(marker);
    if (!facts.isProductive(text)) {
      throw new ConstraintException("the vocabulary cannot write the marker " + marker);
    }
    return compile(text, next);
  }

  private int compileCharacters(CharacterSet set, int next) {
    List<Integer> entries = new ArrayList<>();
    for (Utf8.Form form : Utf8.forms(set)) {
      if (!facts.isWritable(form)) {
        continue;
      }
      int entry = next;
      for (int i = form.first().length - 1; i >= 0; i--) {
        entry = writable(form.first()[i], form.last()[i], entry);
      }
      entries.add(entry);
    }
    return split(entries);
  }

  /** Reads a byte of the range that the vocabulary can write. */
  private int writable(int first, int last, int next) {
    BitSet allowed = facts.writableBytes();
    List<Integer> entries = new ArrayList<>();
    for (int from = allowed.nextSetBit(first); from >= 0 && from <= last; ) {
      int to = Math.min(last, allowed.nextClearBit(from) - 1);
      entries.add(bytes(from, to, next));
      from = allowed.nextSetBit(to + 1);
    }
    return split(entries);
  }

  private int compileRepeat(Expression.Repeat repeat, int next) {
    Expression body = repeat.body();
    int min = repeat.min();
    int max = facts.isProductive(body) ? repeat.max() : 0;
    if (max == 0) {
      return next;
    }
    if (max == Expression.UNBOUNDED && (min <= 1 || facts.isNullable(body))) {
      int loop = addSplit();
      int entry = compile(body, loop);
      targets.set(a[loop], new int[] {entry, next});
      return min == 0 ? loop : entry;
    }
    int copies = max == Expression.UNBOUNDED ? min : max;
    if (max == 1 || weight(body) * copies <= MAX_WRITTEN_OUT || facts.isNullable(body)) {
      return writeOut(repeat, next);
    }
    int end = add(Program.LOOP_END, loops.size(), 0, 0);
    int loop = add(Program.LOOP, loops.size(), 0, 0);
    loops.add(null);
    loops.set(a[loop], new Program.Loop(compile(body, end), next, min, max));
    return loop;
  }

  /** About how many instructions the expression takes. */
  private static long weight(Expression expression) {
    return switch (expression) {
      case Expression.Text text -> text.text().length();
      case Expression.Marker marker -> marker.text().length();
      case Expression.Characters characters -> 2L * characters.set().ranges().size();
      case Expression.Sequence sequence ->
          sequence.parts().stream().mapToLong(ProgramCompiler::weight).sum();
      case Expression.Choice choice ->
          1 + choice.alternatives().stream().mapToLong(ProgramCompiler::weight).sum();
      case Expression.Repeat repeat -> {
        long body = Math.max(1, weight(repeat.body()));
        int copies = repeat.max() == Expression.UNBOUNDED ? repeat.min() + 1 : repeat.max();
        yield body * copies <= MAX_WRITTEN_OUT ? body * copies : body + 2;
      }
      case Expression.Rule _ -> 1;
    };
  }

  private int writeOut(Expression.Repeat repeat, int next) {
    int entry = next;
    int copies = repeat.max();
    if (repeat.max() == Expression.UNBOUNDED) {
      entry = compile(Expression.star(repeat.body()), next);
      copies = repeat.min();
    }
    for (int copy = copies; copy >= 1; copy--) {
      int once = compile(repeat.body(), entry);
      entry = copy > repeat.min() ? split(List.of(once, next)) : once;
    }
    return entry;
  }

  private int bytes(int first, int last, int next) {
    return bytesInstructions.computeIfAbsent(
        new BytesKey(first, last, next), _ -> add(Program.BYTES, first, last, next));
  }

  private int split(List<Integer> entries) {
    if (entries.size() == 1) {
      return entries.getFirst();
    }
    int split = addSplit();
    targets.set(a[split], entries.stream().mapToInt(Integer::intValue).distinct().toArray());
    return split;
  }

  private int addSplit() {
    targets.add(null);
    return add(Program.SPLIT, targets.size() - 1, 0, 0);
  }

  private int add(byte op, int first, int second, int third) {
    if (size == MAX_INSTRUCTIONS) {
      throw new ConstraintException(
          "the grammar is too large: more than " + MAX_INSTRUCTIONS + " instructions");
    }
    if (size == operation.length) {
      operation = Arrays.copyOf(operation, size * 2);
      a = Arrays.copyOf(a, size * 2);
      b = Arrays.copyOf(b, size * 2);
      c = Arrays.copyOf(c, size * 2);
    }
    operation[size] = op;
    a[size] = first;
    b[size] = second;
    c[size] = third;
    return size++;
  }
}
