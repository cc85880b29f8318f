package io.slinfer.engine.cpu;

import com.fasterxml.jackson.databind.JsonNode;
import io.slinfer.engine.device.ArchitectureConformance;
import io.slinfer.engine.device.QuantisedModels;
import io.slinfer.testing.Fixtures;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every architecture fixture and quantised model on the native kernels of this machine. */
public final class NativeConformanceTest {

  private static final int THREADS = 2;

  @TempDir static Path unpacked;

  static List<Path> models() throws IOException {
    return ReferenceConformanceTest.models();
  }

  static List<Path> quantisedModels() throws IOException {
    return ReferenceConformanceTest.quantisedModels();
  }

  @ParameterizedTest
  @MethodSource("models")
  void givesTheOraclesLogitsAndTokens(Path model) throws Exception {
    JsonNode fixture = Fixtures.json(model.resolveSibling("fixture.json.gz"));
    double tolerance = tolerance(model, fixture.get("tolerance_advice"));
    try (ArchitectureConformance conformance =
        new ArchitectureConformance(
            Fixtures.unpack(model, unpacked),
            fixture,
            tolerance,
            ReferenceConformanceTest.engine(new NativeKernels(THREADS)))) {
      conformance.checkPrompts();
      conformance.checkMixedBatches();
      System.out.printf(
          "%s: largest difference %.5f, allowed %.3f%n",
          model.getFileName(), conformance.worst(), tolerance);
    }
  }

  /** Activations are rounded as the weights are: to float16, to bfloat16, to 8 bits. */
  public static double tolerance(Path model, JsonNode advice) {
    double half = advice.get("f16_activation_or_f16_kv_max_abs").asDouble();
    String name = model.getFileName().toString();
    if (name.contains(".mxfp4.")) {
      return advice.get("mxfp4_with_int8_activations_max_abs").asDouble();
    }
    return name.contains(".bf16.") ? 4 * half : half;
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("quantisedModels")
  void quantisedWeightsGiveLogitsAsCloseAsEightBitsAllow(Path model) throws Exception {
    JsonNode fixture = Fixtures.json(model.resolveSibling("fixture.json.gz"));
    String variant = model.getFileName().toString().split("\\.")[1];
    JsonNode wanted = fixture.get("variants").get(variant);
    JsonNode advice = wanted.get("tolerance_advice");
    QuantisedModels.check(
        Fixtures.unpack(model, unpacked),
        fixture,
        wanted,
        new QuantisedModels.Tolerance(
            advice.get("int8_activations_vs_exact_max_abs").asDouble(),
            advice.get("int8_activations_vs_exact_rms").asDouble()),
        ReferenceConformanceTest.engine(new NativeKernels(THREADS)));
  }
}
