package io.slinfer.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.trace.Trace.Arrival;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TraceTest {

  private static final String COLUMNS = "TIMESTAMP,ContextTokens,GeneratedTokens\n";

  @TempDir private Path folder;

  private Path file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  @Test
  void readsTheJsonOfTheArtifact() throws IOException {
    Path file =
        file(
            "t.json",
            "[{\"HashFunction\":\"x\",\"timestamps\":[0.5,2],\"input\":[3,4],\"output\":[5,6]},{\"timestamps\":[1],\"input\":[7],\"output\":[8]}]");
    List<Arrival> arrivals = TraceFile.read(file, 1).select(2, Long.MAX_VALUE);
    assertEquals(
        List.of(
            new Arrival(0, 500_000_000L, 3, 5),
            new Arrival(1, 1_000_000_000L, 7, 8),
            new Arrival(0, 2_000_000_000L, 4, 6)),
        arrivals);
  }

  @Test
  void readsTheCsvOfAzureAndDealsItOut() throws IOException {
    Path file =
        file(
            "t.csv",
            COLUMNS + "2023-11-16 18:15:46.6805900,374,44\n2023-11-16 18:15:50.9951690,396,109\n");
    assertEquals(
        List.of(new Arrival(0, 0, 374, 44), new Arrival(1, 4_314_579_000L, 396, 109)),
        TraceFile.read(file, 2).select(2, Long.MAX_VALUE));
  }

  @Test
  void readsTheTimesOfAzuresLaterTraces() throws IOException {
    Path file =
        file(
            "t.csv",
            COLUMNS + "2024-05-10 00:00:00.009930+00:00,2162,5\n2024-05-10 00:00:01+00:00,9,6\n");
    assertEquals(
        List.of(new Arrival(0, 0, 2162, 5), new Arrival(0, 990_070_000L, 9, 6)),
        TraceFile.read(file, 1).select(1, Long.MAX_VALUE));
  }

  @Test
  void errorsNameTheFileAndThePlace() throws IOException {
    for (String[] bad :
        new String[][] {
          {"a.json", "[{\"timestamps\":[1],\"input\":[1,2],\"output\":[1]}]", "function 0"},
          {"b.json", "[{\"timestamps\":[-1],\"input\":[1],\"output\":[1]}]", "arrival"},
          {"c.json", "{", "c.json"},
          {"d.csv", COLUMNS + "yesterday,1,1\n", "line 2"},
          {"e.csv", COLUMNS + "2023-11-16 18:15:46,1\n", "line 2: column 3"},
          {"f.csv", COLUMNS + "2023-11-16 18:15:46,1,many\n", "line 2: column 3 is many"},
          {"g.csv", "2023-11-16 18:15:46,1,1\n", "line 1: columns"},
          {"h.csv", COLUMNS, "no arrivals"},
          {"i.csv", "", "no arrivals"}
        }) {
      Path file = file(bad[0], bad[1]);
      String message = assertThrows(IOException.class, () -> TraceFile.read(file, 1)).getMessage();
      assertTrue(message.contains(bad[0]) && message.contains(bad[2]), message);
    }
  }

  @Test
  void aWholeTraceIsDealtToFewerModels() {
    List<List<Arrival>> models = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      models.add(List.of(new Arrival(i, 10 * i, 1 + i, 7)));
    }
    assertEquals(
        List.of(
            new Arrival(0, 0, 1, 7),
            new Arrival(1, 10, 2, 7),
            new Arrival(0, 20, 3, 7),
            new Arrival(1, 30, 4, 7),
            new Arrival(0, 40, 5, 7)),
        new Trace(models).dealtTo(2).select(2, Long.MAX_VALUE));
  }

  @Test
  void of128ModelsTheFirstOfEachGroupOf8AreTaken() {
    List<List<Arrival>> models = new ArrayList<>();
    for (int i = 0; i < 128; i++) {
      models.add(List.of(new Arrival(i, i, 1, 1)));
    }
    List<Integer> chosen =
        new Trace(models).select(32, Long.MAX_VALUE).stream().map(Arrival::model).toList();
    assertEquals(List.of(0, 1, 8, 9, 16, 17), chosen.subList(0, 6));
    assertEquals(32, chosen.size());
  }

  @Test
  void theSyntheticTraceIsRepeatableAndKeepsItsRate() {
    SyntheticTrace settings = SyntheticTrace.conversation(32, 3600, 5, 11);
    assertEquals(settings.make(), settings.make());
    List<Arrival> arrivals = settings.make().select(32, Long.MAX_VALUE);
    assertEquals(5 * 3600, arrivals.size(), 0.12 * 5 * 3600);
    int[] lengths = arrivals.stream().mapToInt(Arrival::promptTokens).sorted().toArray();
    assertEquals(700, lengths[lengths.length / 2], 40);
  }

  @Test
  void burstsMakeCountsOverdispersed() {
    double poisson =
        dispersion(
            new SyntheticTrace(
                1,
                20_000,
                2,
                1,
                1,
                10,
                new SyntheticTrace.Lengths(1, 0, 1),
                new SyntheticTrace.Lengths(1, 0, 1),
                5));
    double bursty =
        dispersion(
            new SyntheticTrace(
                1,
                20_000,
                2,
                1,
                0.2,
                10,
                new SyntheticTrace.Lengths(1, 0, 1),
                new SyntheticTrace.Lengths(1, 0, 1),
                5));
    assertEquals(1, poisson, 0.15);
    assertTrue(bursty > 5, "dispersion " + bursty);
  }

  /** Variance over mean of the arrivals in 10-second windows. */
  private static double dispersion(SyntheticTrace settings) {
    int[] counts = new int[2_000];
    for (Arrival arrival : settings.make().select(1, Long.MAX_VALUE)) {
      counts[(int) (arrival.arrivalNanos() / 10_000_000_000L)]++;
    }
    double mean = java.util.Arrays.stream(counts).average().orElseThrow();
    return java.util.Arrays.stream(counts)
            .mapToDouble(n -> (n - mean) * (n - mean))
            .average()
            .orElseThrow()
        / mean;
  }
}
