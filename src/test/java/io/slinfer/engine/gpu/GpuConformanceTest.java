package io.slinfer.engine.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import io.slinfer.cli.EngineSession;
import io.slinfer.engine.cpu.NativeConformanceTest;
import io.slinfer.engine.cpu.ReferenceConformanceTest;
import io.slinfer.engine.device.ArchitectureConformance;
import io.slinfer.engine.device.LogitsObserver;
import io.slinfer.engine.device.QuantisedModels;
import io.slinfer.testing.Fixtures;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Fixtures on the CUDA kernels, compiled for the host: everything of the GPU engine but CUDA
 * itself. The full set is run by scripts/test-gpu-host.
 */
final class GpuConformanceTest {

  private static final long MEMORY_BYTES = 1L << 30;

  /** Few, so that prompts are cut into several passes. */
  private static final int BATCH_ROWS = 96;

  /** One for every feature that others do not have. */
  private static final List<String> CORE =
      List.of("gpt-oss.mxfp4", "llama3-rope", "mistral-swa", "phi4mini", "starcoder2");

  private static final List<String> CORE_QUANTISED = List.of("Q4_K_M");

  @TempDir static Path unpacked;

  static List<Path> coreModels() throws IOException {
    return among(ReferenceConformanceTest.models(), CORE);
  }

  static List<Path> allModels() throws IOException {
    return ReferenceConformanceTest.models();
  }

  static List<Path> coreQuantised() throws IOException {
    return among(ReferenceConformanceTest.quantisedModels(), CORE_QUANTISED);
  }

  static List<Path> allQuantised() throws IOException {
    return ReferenceConformanceTest.quantisedModels();
  }

  private static List<Path> among(List<Path> models, List<String> names) {
    return models.stream()
        .filter(model -> names.stream().anyMatch(model.getFileName().toString()::contains))
        .toList();
  }

  static Function<LogitsObserver, EngineSession.Factory> engine(GpuDriver driver) {
    return observer ->
        (listener, owner) ->
            new GpuEngine(
                driver,
                new GpuEngine.Settings("gpu:0", 1L << 28, BATCH_ROWS, true, observer),
                owner,
                listener);
  }

  @ParameterizedTest
  @MethodSource("coreModels")
  void givesTheOraclesLogitsAndTokens(Path model) throws Exception {
    check(model, false);
  }

  @Tag("gpu-host")
  @ParameterizedTest
  @MethodSource("allModels")
  void givesTheOraclesLogitsAndTokensForEveryModel(Path model) throws Exception {
    check(model, true);
  }

  private static void check(Path model, boolean alsoAlone) throws Exception {
    JsonNode fixture = Fixtures.json(model.resolveSibling("fixture.json.gz"));
    double tolerance = NativeConformanceTest.tolerance(model, fixture.get("tolerance_advice"));
    long start = System.nanoTime();
    HostDriver driver = new HostDriver(MEMORY_BYTES);
    try (ArchitectureConformance conformance =
        new ArchitectureConformance(
            Fixtures.unpack(model, unpacked), fixture, tolerance, engine(driver))) {
      conformance.checkMixedBatches();
      if (alsoAlone) {
        conformance.checkPrompts();
      }
      System.out.printf(
          "%s: largest difference %.5f, allowed %.3f, %d ms%n",
          model.getFileName(),
          conformance.worst(),
          tolerance,
          (System.nanoTime() - start) / 1_000_000);
    }
    assertEquals("", driver.leftovers());
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("coreQuantised")
  void quantisedWeightsGiveLogitsAsCloseAsFloat16Allows(Path model) throws Exception {
    checkQuantised(model);
  }

  @Tag("gpu-host")
  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("allQuantised")
  void everyQuantisationGivesLogitsAsCloseAsFloat16Allows(Path model) throws Exception {
    checkQuantised(model);
  }

  private static void checkQuantised(Path model) throws Exception {
    JsonNode fixture = Fixtures.json(model.resolveSibling("fixture.json.gz"));
    String variant = model.getFileName().toString().split("\\.")[1];
    JsonNode wanted = fixture.get("variants").get(variant);
    JsonNode advice = wanted.get("tolerance_advice");
    // Float16 products are far closer to exact ones than those of 8-bit activations; that of
    // float16
    // weights is given for float16 activations.
    double part = variant.equals("F16") ? 1 : 0.25;
    QuantisedModels.check(
        Fixtures.unpack(model, unpacked),
        fixture,
        wanted,
        new QuantisedModels.Tolerance(
            part * advice.get("int8_activations_vs_exact_max_abs").asDouble(),
            part * advice.get("int8_activations_vs_exact_rms").asDouble()),
        engine(new HostDriver(MEMORY_BYTES)));
  }
}
