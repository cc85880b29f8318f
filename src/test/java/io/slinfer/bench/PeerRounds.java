package io.slinfer.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Every round that was measured, one line each in a file of comma-separated values. */
record PeerRounds(List<Round> rounds) {

  private static final String HEADER =
      "weights,test,round,slinfer_tokens_per_second,llama_cpp_tokens_per_second,commit,llama_cpp_build,date";

  /** Both sides of one round, in tokens a second. */
  record Round(
      String weights,
      PeerTest test,
      int number,
      double ours,
      double theirs,
      String commit,
      String peerBuild,
      String date) {

    double ratio() {
      return ours / theirs;
    }

    private String line() {
      return String.format(
          Locale.ROOT,
          "%s,%s,%d,%.2f,%.2f,%s,%s,%s",
          weights,
          test,
          number,
          ours,
          theirs,
          commit,
          peerBuild,
          date);
    }

    private static Round of(String line) {
      String[] fields = line.split(",", -1);
      return new Round(
          fields[0],
          PeerTest.valueOf(fields[1]),
          Integer.parseInt(fields[2]),
          Double.parseDouble(fields[3]),
          Double.parseDouble(fields[4]),
          fields[5],
          fields[6],
          fields[7]);
    }
  }

  /** The rounds in a file; none if there is no file. */
  static PeerRounds read(Path file) throws IOException {
    if (!Files.exists(file)) {
      return new PeerRounds(List.of());
    }
    return new PeerRounds(Files.readAllLines(file).stream().skip(1).map(Round::of).toList());
  }

  void write(Path file) throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    List<String> lines = new ArrayList<>(List.of(HEADER));
    rounds.forEach(round -> lines.add(round.line()));
    Files.write(file, lines);
  }

  /** These rounds, with those of one weight type and test replaced by newer ones. */
  PeerRounds with(List<Round> newer) {
    List<Round> all = new ArrayList<>(rounds);
    all.removeIf(
        round ->
            round.weights.equals(newer.getFirst().weights) && round.test == newer.getFirst().test);
    all.addAll(newer);
    return new PeerRounds(List.copyOf(all));
  }

  List<Round> of(String weights, PeerTest test) {
    return rounds.stream()
        .filter(round -> round.weights.equals(weights) && round.test == test)
        .toList();
  }

  List<String> weights() {
    return rounds.stream().map(Round::weights).distinct().toList();
  }
}
