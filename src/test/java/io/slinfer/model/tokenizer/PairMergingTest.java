package io.slinfer.model.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The merge loop against the definition of byte-pair encoding, taken literally. */
final class PairMergingTest {

  @Test
  void mergesAsTheDefinitionSaysWhetherScannedOrQueued() {
    long seed = Long.getLong("slinfer.seed", 7);
    Random random = new Random(seed);
    for (int round = 0; round < 400; round++) {
      List<String> merges = randomMerges(random);
      List<String> vocabulary = new ArrayList<>(List.of("a", "b", "c"));
      merges.forEach(merge -> vocabulary.add(merge.replace(" ", "")));
      if (random.nextBoolean()) {
        vocabulary.removeLast(); // a merge into what is no token
      }
      MergeTable table =
          new MergeTable(merges, new TokenIndex(vocabulary, token -> true), vocabulary.size());
      String text = randomText(random, 1 + random.nextInt(round % 2 == 0 ? 20 : 80));
      assertEquals(
          literally(text, merges), merged(text, table), "seed " + seed + ", round " + round);
    }
  }

  private static List<String> randomMerges(Random random) {
    List<String> symbols = new ArrayList<>(List.of("a", "b", "c"));
    Set<String> merges = new LinkedHashSet<>();
    for (int i = 0; i < 12; i++) {
      String left = symbols.get(random.nextInt(symbols.size()));
      String right = symbols.get(random.nextInt(symbols.size()));
      if (!symbols.contains(left + right)) {
        merges.add(left + " " + right);
        symbols.add(left + right);
      }
    }
    return new ArrayList<>(merges);
  }

  private static String randomText(Random random, int length) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < length; i++) {
      text.append("abc".charAt(random.nextInt(3)));
    }
    return text.toString();
  }

  private static List<String> merged(String text, MergeTable table) {
    PairMerging merging = new PairMerging();
    merging.begin(text.length());
    for (char c : text.toCharArray()) {
      merging.append(table.symbolOfByte(c), 1);
    }
    merging.run(table);
    List<String> parts = new ArrayList<>();
    for (int at = merging.first(); at >= 0; at = merging.after(at)) {
      parts.add(text.substring(at, merging.end(at)));
    }
    return parts;
  }

  private static List<String> literally(String text, List<String> merges) {
    List<String> parts = new ArrayList<>(List.of(text.split("")));
    while (true) {
      int best = -1;
      int bestRank = Integer.MAX_VALUE;
      for (int i = 0; i + 1 < parts.size(); i++) {
        int rank = merges.indexOf(parts.get(i) + " " + parts.get(i + 1));
        if (rank >= 0 && rank < bestRank) {
          best = i;
          bestRank = rank;
        }
      }
      if (best < 0) {
        return parts;
      }
      parts.set(best, parts.get(best) + parts.remove(best + 1));
    }
  }
}
