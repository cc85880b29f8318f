package io.slinfer.constraint;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** A set of Unicode characters; surrogates are never in it. Immutable. */
public final class CharacterSet {

  private static final int LAST = Character.MAX_CODE_POINT;

  public static final CharacterSet NONE = new CharacterSet(List.of());
  public static final CharacterSet ALL = range(0, LAST);

  /** First and last code point, both in the range. */
  public record Range(int first, int last) {}

  private final List<Range> ranges;

  private CharacterSet(List<Range> sortedAndDisjoint) {
    ranges = List.copyOf(sortedAndDisjoint);
  }

  public static CharacterSet range(int first, int last) {
    List<Range> parts = new ArrayList<>();
    addIfAny(parts, first, Math.min(last, Character.MIN_SURROGATE - 1));
    addIfAny(parts, Math.max(first, Character.MAX_SURROGATE + 1), last);
    return new CharacterSet(parts);
  }

  private static void addIfAny(List<Range> parts, int first, int last) {
    if (first <= last) {
      parts.add(new Range(first, last));
    }
  }

  /** The characters of a text. */
  public static CharacterSet of(String text) {
    return text.codePoints().mapToObj(c -> range(c, c)).reduce(NONE, CharacterSet::union);
  }

  /** The ranges in order, neither touching nor overlapping. */
  public List<Range> ranges() {
    return ranges;
  }

  public boolean isEmpty() {
    return ranges.isEmpty();
  }

  public boolean contains(int codePoint) {
    return ranges.stream().anyMatch(r -> r.first <= codePoint && codePoint <= r.last);
  }

  public CharacterSet union(CharacterSet other) {
    List<Range> all = new ArrayList<>(ranges);
    all.addAll(other.ranges);
    return joined(all);
  }

  /** The union of many ranges, in O(n log n). */
  static CharacterSet joined(List<Range> all) {
    Range[] sorted = all.toArray(Range[]::new);
    Arrays.sort(sorted, Comparator.comparingInt(Range::first));
    List<Range> joined = new ArrayList<>();
    for (Range next : sorted) {
      Range top = joined.isEmpty() ? null : joined.getLast();
      if (top != null && next.first <= top.last + 1) {
        joined.set(joined.size() - 1, new Range(top.first, Math.max(top.last, next.last)));
      } else {
        joined.add(next);
      }
    }
    return new CharacterSet(joined);
  }

  public CharacterSet complement() {
    List<Range> gaps = new ArrayList<>();
    int from = 0;
    for (Range range : ranges) {
      gaps.addAll(range(from, range.first - 1).ranges);
      from = range.last + 1;
    }
    gaps.addAll(range(from, LAST).ranges);
    return new CharacterSet(gaps);
  }

  public CharacterSet intersect(CharacterSet other) {
    return complement().union(other.complement()).complement();
  }

  public CharacterSet minus(CharacterSet other) {
    return intersect(other.complement());
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CharacterSet set && ranges.equals(set.ranges);
  }

  @Override
  public int hashCode() {
    return ranges.hashCode();
  }

  @Override
  public String toString() {
    return ranges.toString();
  }
}
