package io.slinfer.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SettingsTest {

  private static final Path FOLDER = Path.of("conf").toAbsolutePath();

  @Test
  void theBundledFileSaysTheDefaults() {
    Settings bundled = Settings.read(FOLDER.resolve("slinfer.yaml"));
    assertEquals(parse(""), bundled);
    assertEquals("127.0.0.1", bundled.http().host());
    assertEquals(8080, bundled.http().port());
    assertEquals(FOLDER.resolveSibling("models"), bundled.models().directories().getFirst());
    assertEquals("demo-chat", bundled.models().first().getFirst());
  }

  @Test
  void readsUnitsAndOverrides() {
    Settings settings =
        parse(
            """
            http:
              heartbeat: 250 ms
              slow-client: 2 min
              max-body: 64KiB
            devices:
              cpu:
                memory: 1.5 GiB
                engine: java
            """);
    assertEquals(250, settings.http().heartbeatMillis());
    assertEquals(120_000, settings.http().slowClientMillis());
    assertEquals(65_536, settings.http().maxBodyBytes());
    assertEquals(3L << 29, settings.device().memoryBytes());
    assertEquals("java", settings.device().engine());
    assertEquals(9, settings.http().at("0.0.0.0", 9).port());
    assertEquals("0.0.0.0", settings.http().at("0.0.0.0", -1).host());
  }

  @Test
  void thePaperTestBedIsFourAndFourEmulatedDevices() {
    Settings settings = Settings.read(FOLDER.resolve("emulated-paper.yaml"));
    assertEquals(
        List.of("cpu:0", "cpu:1", "cpu:2", "cpu:3", "gpu:0", "gpu:1", "gpu:2", "gpu:3"),
        settings.devices().stream().map(device -> device.id().value()).toList());
    assertEquals("a100-80gb", settings.devices().getLast().emulation().profile());
    assertEquals(128, settings.models().emulated().getFirst().count());
  }

  @Test
  void sharingAndPromisesAreSetByModelAndByKey() {
    Settings settings =
        parse(
            """
            serving:
              keep-alive: 1 min
              pinned: [a]
              best-effort: [b]
              slo: {a: {ttft: 2 s, tpot: 100 ms}, b: {tpot: 1 s}}
            http:
              api-keys:
                alice: {sha256: %s, priority: 3, ttft: 700 ms}
            """
                .formatted("a".repeat(64)));
    assertEquals(60_000, settings.serving().keepAliveMillis());
    assertEquals(2_000, settings.serving().leastResidenceMillis());
    assertEquals(List.of("a"), settings.serving().pinned());
    assertEquals(new ServingSettings.Promise(2_000, 100), settings.serving().promises().get("a"));
    assertEquals(new ServingSettings.Promise(0, 1_000), settings.serving().promises().get("b"));
    ApiKey alice = settings.http().apiKeys().getFirst();
    assertEquals(3, alice.priority());
    assertEquals(700, alice.firstMillis());
    assertEquals(0, alice.tokenMillis());
  }

  @Test
  void aDeviceWithoutDelayIsInfinitelyFast() {
    Settings settings = parse("devices: {cpu: {engine: emulated, delay: 0}}");
    assertEquals(Double.POSITIVE_INFINITY, settings.device().emulation().speed());
  }

  @Test
  void aNodeIsAloneUnlessItHasMembersAndIsNamedByItsAddressThen() {
    assertTrue(parse("").cluster().isAlone());
    ClusterSettings joined =
        parse("cluster: {members: ['10.0.0.7:5701'], host: 10.0.0.8, port: 5702}").cluster();
    assertEquals("10.0.0.8:5702", joined.node());
    assertEquals(List.of("10.0.0.7:5701"), joined.members());
    assertEquals(4_000, joined.lostMillis());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "http: {prot: 1}|f.yaml: http.prot: 1: unknown key; allowed here: admin, api-keys, cors-origins",
        "htpt: {}|f.yaml: htpt: {}: unknown key; allowed here: cluster, devices, http, metrics, models, profiles, serving",
        "serving: {slo: {a: {ttft: soon}}}|f.yaml: serving.slo.a.ttft: \"soon\"; allowed: a duration",
        "http: {port: 99999}|f.yaml: http.port: 99999; allowed: a whole number from 0 to 65535",
        "http: {port: many}|f.yaml: http.port: \"many\"; allowed: a whole number",
        "http: 5|f.yaml: http is not a mapping",
        "http: {max-body: 16 MB}|f.yaml: http.max-body: \"16 MB\"; allowed: a size such as",
        "http: {heartbeat: 5}|f.yaml: http.heartbeat: 5; allowed: a duration such as",
        "http: {heartbeat: 1 ms}|f.yaml: http.heartbeat: \"1 ms\"; allowed: at least 100 ms",
        "http: {idle-timeout: 10 s}|f.yaml: http.idle-timeout: 10000 ms; allowed: more than twice http.heartbeat (5000 ms), up to 24 h",
        "http: {idle-timeout: 25 h}|f.yaml: http.idle-timeout: 90000000 ms; allowed: more than twice",
        "http: {cors-origins: all}|f.yaml: http.cors-origins: \"all\"; allowed: a list of texts",
        "http: {api-keys: {ann: {sha256: abc}}}|f.yaml: http.api-keys.ann.sha256: abc; allowed: 64 hex",
        "devices: {cpu: {engine: fast}}|f.yaml: devices.cpu.engine: \"fast\"; allowed: auto, cpu, java, emulated",
        "devices: {tpu: {}}|f.yaml: devices.tpu: unknown device; allowed: cpu, gpu, cpu:N, gpu:N",
        "devices: {gpu: {engine: cpu}}|f.yaml: devices.gpu.engine: \"cpu\"; allowed: gpu, auto, emulated",
        "devices: {'cpu:1': {}}|f.yaml: devices.cpu:1.engine: auto; allowed: emulated",
        "devices: {cpu: {}, gpu: {engine: emulated}}|f.yaml: devices: all are emulated or none is",
        "devices: {cpu: {count: 2}}|f.yaml: devices.cpu.count: 2: unknown key",
        "devices: {cpu: {engine: emulated, speed: 0}}|f.yaml: devices.cpu.speed: 0; allowed: a number",
        "devices: {gpu: {engine: emulated, count: 2}, 'gpu:1': {engine: emulated}}|f.yaml: devices: gpu:1 is there twice",
        "devices: {gpu: {}, 'gpu:0': {}}|f.yaml: devices: gpu:0 is a GPU that is there already",
        "models: {emulated: {m: {}}}|f.yaml: models.emulated: needs devices with engine: emulated",
        "cluster: {members: [10.0.0.7]}|f.yaml: cluster.members: 10.0.0.7; allowed: host:port, such as",
        "cluster: {node: a/b}|f.yaml: cluster.node: a/b; allowed: 1 to 64 letters",
        "cluster: {lost-after: 1 s}|f.yaml: cluster.lost-after: \"1 s\"; allowed: at least 2000 ms",
        "cluster: {port: 0}|f.yaml: cluster.port: 0; allowed: a whole number from 1 to 65535",
        "metrics: {vllm-names: 1}|f.yaml: metrics.vllm-names: 1; allowed: true or false",
        "http: {port: 1, port: 2}|f.yaml: line 1: Duplicate field 'port'",
        "http: [|f.yaml: line 1: ",
      })
  void namesFileKeyValueAndWhatIsAllowed(String yaml, String message) {
    SettingsException failure = assertThrows(SettingsException.class, () -> parse(yaml));
    assertTrue(failure.getMessage().startsWith(message), failure.getMessage());
  }

  private static Settings parse(String yaml) {
    return Settings.parse("f.yaml", yaml, FOLDER);
  }
}
