package io.slinfer.engine.cpu;

import com.fasterxml.jackson.databind.JsonNode;
import io.slinfer.cli.EngineSession;
import io.slinfer.engine.device.ArchitectureConformance;
import io.slinfer.engine.device.LogitsObserver;
import io.slinfer.engine.device.QuantisedModels;
import io.slinfer.testing.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every architecture fixture on the plain-Java kernels. */
public final class ReferenceConformanceTest {

  @TempDir static Path unpacked;

  /** An engine with such kernels. */
  static Function<LogitsObserver, EngineSession.Factory> engine(CpuKernels kernels) {
    return observer ->
        (listener, owner) ->
            CpuEngine.of(
                kernels, new CpuEngine.Settings("test", 1L << 28, observer), owner, listener);
  }

  public static List<Path> models() throws IOException {
    List<Path> models = new ArrayList<>();
    for (Path folder : Fixtures.folders(Fixtures.root().resolve("arch"))) {
      models.addAll(Fixtures.models(folder));
    }
    return models;
  }

  public static List<Path> quantisedModels() throws IOException {
    Path folder = Fixtures.root().resolve("quant/quant-llama");
    return Files.isDirectory(folder) ? Fixtures.models(folder) : List.of();
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("quantisedModels")
  void quantisedWeightsGiveExactLogits(Path model) throws Exception {
    JsonNode fixture = Fixtures.json(model.resolveSibling("fixture.json.gz"));
    String variant = model.getFileName().toString().split("\\.")[1];
    JsonNode wanted = fixture.get("variants").get(variant);
    double advised =
        wanted.get("tolerance_advice").get("float_activations_vs_exact_max_abs").asDouble();
    QuantisedModels.check(
        Fixtures.unpack(model, unpacked),
        fixture,
        wanted,
        new QuantisedModels.Tolerance(advised, advised),
        engine(new ReferenceKernels()));
  }

  @ParameterizedTest
  @MethodSource("models")
  void givesTheOraclesLogitsAndTokens(Path model) throws Exception {
    JsonNode fixture = Fixtures.json(model.resolveSibling("fixture.json.gz"));
    double tolerance =
        fixture.get("tolerance_advice").get("f16_activation_or_f16_kv_max_abs").asDouble();
    long start = System.nanoTime();
    try (ArchitectureConformance conformance =
        new ArchitectureConformance(
            Fixtures.unpack(model, unpacked), fixture, tolerance, engine(new ReferenceKernels()))) {
      conformance.checkPrompts();
      conformance.checkMixedBatches();
      System.out.printf(
          "%s: largest difference %.5f, allowed %.3f, %d ms%n",
          model.getFileName(),
          conformance.worst(),
          tolerance,
          (System.nanoTime() - start) / 1_000_000);
    }
  }
}
