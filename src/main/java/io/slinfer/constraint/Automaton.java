package io.slinfer.constraint;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A program run on all its ways at once: states are sets of configurations, interned, their
 * transitions computed once. Memory is bounded: when too many states are known they are forgotten
 * together, and those still in use go on by themselves. Safe for any thread; a known transition
 * takes no lock.
 */
final class Automaton {

  private static final int MAX_STATES = 60_000;
  private static final int MAX_CONFIGURATIONS = 16_384;

  private final Program program;
  private final Program.Tables tables;

  /** A token has fewer bytes than this, and a pass of a loop reads at least one. */
  private final int farAway;

  private final State start;

  // Guarded by this.
  private Map<Frame.Key, Frame> frames = new HashMap<>();
  private Map<StateKey, State> states = new HashMap<>();
  private long frameCount;

  private record Configuration(int instruction, Frame stack) {
    long stackId() {
      return stack == null ? 0 : stack.id;
    }
  }

  /** Instructions and stack ids, with a hash kept. */
  private static final class StateKey {
    private final long[] content;
    private final int hash;

    StateKey(long[] content) {
      this.content = content;
      hash = Arrays.hashCode(content);
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof StateKey key && Arrays.equals(content, key.content);
    }

    @Override
    public int hashCode() {
      return hash;
    }
  }

  Automaton(Program program, int maxTokenBytes) {
    this.program = program;
    tables = program.tables();
    farAway = maxTokenBytes + 2;
    start = closure(List.of(new Configuration(tables.start(), null)));
  }

  State start() {
    return start;
  }

  /** Per byte its class, the index into {@link State#next}. */
  byte[] byteClass() {
    return tables.byteClass();
  }

  /** The state after a byte of the class; {@link State#DEAD} if none. */
  State next(State from, int byteClass) {
    State known = from.next[byteClass];
    return known != null ? known : computeNext(from, byteClass);
  }

  private synchronized State computeNext(State from, int byteClass) {
    int value = tables.exampleOfClass()[byteClass] & 0xFF;
    List<Configuration> after = new ArrayList<>();
    for (int i = 0; i < from.instructions.length; i++) {
      int pc = from.instructions[i];
      if (program.a()[pc] <= value && value <= program.b()[pc]) {
        after.add(new Configuration(program.c()[pc], from.stacks[i]));
      }
    }
    State next = after.isEmpty() ? State.DEAD : closure(after);
    from.next[byteClass] = next;
    return next;
  }

  /** The state in which the rule that was called has just ended. */
  synchronized State afterReturnTo(Frame caller) {
    return closure(List.of(new Configuration(caller.returnTo, caller.parent)));
  }

  /**
   * The part of a state that one caller is behind, as seen by the rule that it called: with nothing
   * below, accepting where the rule ends, and with loop counts beyond the reach of a token taken
   * for alike.
   */
  synchronized State seenByRule(State state, Frame caller) {
    Set<Configuration> part = new LinkedHashSet<>();
    for (int i = 0; i < state.stacks.length; i++) {
      Frame stack = state.stacks[i];
      if ((stack == null ? null : stack.caller) == caller) {
        part.add(new Configuration(state.instructions[i], loopsOnly(stack)));
      }
    }
    return intern(part, caller == null && state.accepting);
  }

  private Frame loopsOnly(Frame stack) {
    if (stack == null || stack.loop == Frame.NO_LOOP) {
      return null;
    }
    int needed = Math.min(stack.needed, farAway);
    int remaining =
        stack.remaining == Expression.UNBOUNDED
            ? stack.remaining
            : Math.min(stack.remaining, farAway);
    return loopFrame(stack.loop, needed, remaining, loopsOnly(stack.parent));
  }

  /** All that can be reached without reading a byte. */
  private synchronized State closure(List<Configuration> from) {
    Set<Configuration> seen = new LinkedHashSet<>(from);
    Deque<Configuration> open = new ArrayDeque<>(from);
    List<Configuration> reading = new ArrayList<>();
    boolean accepting = false;
    List<Configuration> reached = new ArrayList<>();
    while (!open.isEmpty()) {
      Configuration at = open.pop();
      reached.clear();
      switch (program.operation()[at.instruction]) {
        case Program.BYTES -> reading.add(at);
        case Program.RETURN -> {
          if (at.stack == null) {
            accepting = true;
          } else {
            reached.add(new Configuration(at.stack.returnTo, at.stack.parent));
          }
        }
        case Program.SPLIT -> {
          for (int target : tables.targets()[program.a()[at.instruction]]) {
            reached.add(new Configuration(target, at.stack));
          }
        }
        case Program.CALL -> reached.add(call(at));
        case Program.LOOP -> enterLoop(at, reached);
        case Program.LOOP_END -> endPass(at, reached);
        default -> throw new AssertionError("instruction " + program.operation()[at.instruction]);
      }
      for (Configuration next : reached) {
        if (seen.add(next)) {
          open.push(next);
        }
      }
      if (seen.size() > MAX_CONFIGURATIONS) {
        throw new ConstraintException(
            "the grammar is too ambiguous: more than "
                + MAX_CONFIGURATIONS
                + " ways to read one text");
      }
    }
    return intern(reading, accepting);
  }

  private Configuration call(Configuration at) {
    int entry = tables.ruleStart()[program.a()[at.instruction]];
    int returnTo = program.b()[at.instruction];
    boolean lastThingInRule = program.operation()[returnTo] == Program.RETURN;
    return new Configuration(
        entry,
        lastThingInRule
            ? at.stack
            : frame(new Frame.Key(returnTo, Frame.NO_LOOP, 0, 0, at.stackId()), at.stack));
  }

  private void enterLoop(Configuration at, List<Configuration> reached) {
    int number = program.a()[at.instruction];
    Program.Loop loop = tables.loops()[number];
    Frame inside = loopFrame(number, loop.min(), loop.max(), at.stack);
    reached.add(new Configuration(loop.body(), inside));
    if (loop.min() == 0) {
      reached.add(new Configuration(loop.after(), at.stack));
    }
  }

  private void endPass(Configuration at, List<Configuration> reached) {
    Frame inside = at.stack;
    Program.Loop loop = tables.loops()[inside.loop];
    int needed = Math.max(0, inside.needed - 1);
    boolean unbounded = inside.remaining == Expression.UNBOUNDED;
    int remaining = unbounded ? inside.remaining : inside.remaining - 1;
    if (remaining > 0) {
      Frame again = loopFrame(inside.loop, needed, remaining, inside.parent);
      reached.add(new Configuration(loop.body(), again));
    }
    if (needed == 0) {
      reached.add(new Configuration(loop.after(), inside.parent));
    }
  }

  private Frame loopFrame(int loop, int needed, int remaining, Frame parent) {
    long below = parent == null ? 0 : parent.id;
    return frame(new Frame.Key(0, loop, needed, remaining, below), parent);
  }

  private Frame frame(Frame.Key key, Frame parent) {
    return frames.computeIfAbsent(key, _ -> new Frame(++frameCount, key, parent));
  }

  private State intern(Collection<Configuration> reading, boolean accepting) {
    if (states.size() >= MAX_STATES) {
      forget();
    }
    Configuration[] sorted = reading.toArray(Configuration[]::new);
    Arrays.sort(
        sorted,
        Comparator.comparingInt(Configuration::instruction)
            .thenComparingLong(Configuration::stackId));
    long[] content = new long[2 * sorted.length + 1];
    for (int i = 0; i < sorted.length; i++) {
      content[2 * i] = sorted[i].instruction;
      content[2 * i + 1] = sorted[i].stackId();
    }
    content[2 * sorted.length] = accepting ? 1 : 0;
    return states.computeIfAbsent(
        new StateKey(content),
        _ ->
            new State(
                Arrays.stream(sorted).mapToInt(Configuration::instruction).toArray(),
                Arrays.stream(sorted).map(Configuration::stack).toArray(Frame[]::new),
                accepting,
                tables.exampleOfClass().length));
  }

  /** Starts the tables anew; states in use stay valid and are no longer shared. */
  synchronized void forget() {
    states = new HashMap<>();
    frames = new HashMap<>();
    if (start != null) {
      Arrays.fill(start.next, null);
      start.mask = null;
      start.ruleMask = null;
    }
  }

  /** States known now. */
  synchronized int knownStates() {
    return states.size();
  }
}
