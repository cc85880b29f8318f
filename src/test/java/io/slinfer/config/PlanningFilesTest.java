package io.slinfer.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Clusters, latency profiles and faults, as {@code simulate} reads them. */
final class PlanningFilesTest {

  private static final String CLUSTER =
      "{name: n, model: m, devices: [{kind: cpu, profile: p}], times: {}}";
  private static final String PROFILE =
      "{model: m, devices: {d: {prefill-ms: [[1, 2]], decode-ms: [{tokens: 1, batches: [[1, 2]]}]}}}";
  private static final String FAULTS =
      "{faults: [{kind: slow-device, device: 'cpu:0', at-seconds: 1, for-seconds: 2, factor: 3}]}";

  @TempDir private Path folder;

  @Test
  void readsEveryBundledCluster() throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(Path.of("conf/clusters"))) {
      for (Path file : files) {
        ClusterFile cluster = ClusterFile.read(file);
        ProfileFile profile = cluster.profile(file);
        for (ClusterFile.Devices group : cluster.devices()) {
          assertTrue(profile.devices().containsKey(group.profile()), file + ": " + group);
        }
        assertEquals(file.getFileName().toString(), cluster.name() + ".yaml");
      }
    }
  }

  @Test
  void readsFaults() throws IOException {
    FaultFile faults = FaultFile.read(file(FAULTS));
    assertEquals(
        List.of(new FaultFile.Fault(FaultFile.Kind.SLOW_DEVICE, "cpu:0", 1, 2, 3, 0, 0)),
        faults.faults());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "cluster|devices: [{kind: cpu|devices: [{kind: tpu|devices[0].kind: \"tpu\"; allowed: gpu, cpu",
        "cluster|profile: p|profle: p|devices[0].profile: missing; allowed: a text",
        "cluster|profile: p|profile: p, slot: 1|devices[0].slot: 1: unknown key; allowed here: capacity-gib, count",
        "cluster|profile: p|profile: p, slots: many|devices[0].slots: \"many\"; allowed: a whole number from 0 to 1000000",
        "cluster|times: {}|times: {unload-seconds: -1}|times.unload-seconds: -1; allowed: a number from 0 to 1000000",
        "cluster|times: {}|times: {unload: 1}|times.unload: 1: unknown key; allowed here: copy-gb",
        "cluster|name: n|name: n, name: n|line 1: Duplicate field 'name'",
        "profile|[[1, 2]], dec|[[1]], dec|devices.d.prefill-ms: [[1]]; allowed: a list of pairs of numbers",
        "profile|{tokens: 1|{token: 1|devices.d.decode-ms[0].token: 1: unknown key; allowed here: batches, tokens",
        "profile|model: m|model: m, layers: 2.5|layers: 2.5; allowed: a whole number from 0 to 100000",
        "faults|slow-device|slow|faults[0].kind: \"slow\"; allowed: node-death, load-failure, kv-exhaustion, slow-device",
        "faults|factor: 3|factor: 0.5|faults[0].factor: 0.5; allowed: a number from 1 to 1000000",
        "faults|factor: 3|probability: 1|faults[0].probability: 1; allowed: a number from 0 to ",
      })
  void namesFileKeyValueAndWhatIsAllowed(String kind, String right, String wrong, String message)
      throws IOException {
    String text =
        switch (kind) {
          case "cluster" -> CLUSTER;
          case "profile" -> PROFILE;
          default -> FAULTS;
        };
    assertTrue(text.contains(right), "the test changes something");
    Path file = file(text.replace(right, wrong));
    SettingsException failure =
        assertThrows(
            SettingsException.class,
            () -> {
              switch (kind) {
                case "cluster" -> ClusterFile.read(file);
                case "profile" -> ProfileFile.read(file);
                default -> FaultFile.read(file);
              }
            });
    assertTrue(failure.getMessage().startsWith(file + ": " + message), failure.getMessage());
  }

  private Path file(String yaml) throws IOException {
    return Files.writeString(folder.resolve("file.yaml"), yaml);
  }
}
