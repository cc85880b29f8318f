package io.slinfer.cli;

import io.slinfer.config.ProfileFile.DeviceLatency;
import io.slinfer.cost.DeviceKind;
import io.slinfer.cost.InstanceCosts;
import io.slinfer.cost.LatencyProfile;
import io.slinfer.cost.LatencyProfile.Curve;
import io.slinfer.cost.LatencyProfile.DecodeRow;
import io.slinfer.cost.MeasuredSteps;
import io.slinfer.cost.ModelShape;
import io.slinfer.engine.ModelSource;
import io.slinfer.engine.cpu.CpuEngine;
import io.slinfer.kvcache.BlockTable;
import io.slinfer.model.MemoryNeed;
import io.slinfer.model.ModelDescription;
import io.slinfer.model.UnservableModelException;
import io.slinfer.model.gguf.GgufFile;
import io.slinfer.node.CostSource;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What models cost on this machine's CPU: memory from the file's header, times as they were
 * measured here, else reckoned from the file's numbers and what a common core can do. Safe for any
 * thread.
 *
 * @param threads kernel threads
 * @param machine this machine with the engine's kernels; asked for once the engine runs
 * @param firstUseNanos how long a model may be measured for; 0: not at all
 */
record CpuCosts(
    Vertx vertx,
    int threads,
    Supplier<String> machine,
    MeasuredProfiles profiles,
    long firstUseNanos)
    implements CostSource {

  private static final double FLOPS_PER_THREAD_NANO = 150;
  private static final double BYTES_PER_NANO = 15;
  private static final double SAFETY = 1.1;
  private static final int[] LENGTHS = {16, 128, 1_024, 8_192};
  private static final double[] BATCHES = {1, 2, 4, 8, 16, 32, 64};

  /** Attention reads the keys and values of a decode's whole sequence. */
  private static final double KV_BYTES_PER_NANO = 5;

  @Override
  public Future<Map<DeviceKind, InstanceCosts>> of(ModelSource source) {
    return vertx.executeBlocking(() -> Map.of(DeviceKind.CPU, read(source)), false);
  }

  @Override
  public Future<Long> probeNanos(ModelSource source, DeviceKind kind) {
    if (firstUseNanos == 0) {
      return Future.succeededFuture(0L);
    }
    return vertx.executeBlocking(() -> known(source).isPresent() ? 0 : firstUseNanos, false);
  }

  @Override
  public Future<InstanceCosts> measured(ModelSource source, DeviceKind kind, MeasuredSteps steps) {
    return vertx.executeBlocking(
        () -> {
          MeasuredModel measured =
              new MeasuredModel(
                  source.model().value(), read(source).shape(), DeviceLatency.of(steps));
          profiles.keep(firstPart(source), machine.get(), measured, "slinfer serve");
          return read(source);
        },
        false);
  }

  private static Path firstPart(ModelSource source) {
    return source.parts().getFirst();
  }

  private Optional<LatencyProfile> known(ModelSource source) throws IOException {
    return profiles.find(firstPart(source), machine.get());
  }

  private InstanceCosts read(ModelSource source) throws IOException, UnservableModelException {
    try (GgufFile file = GgufFile.open(firstPart(source))) {
      ModelDescription description = ModelDescription.read(file);
      MemoryNeed need = description.memoryNeed();
      long kvBytes = CpuEngine.kvBlockBytes(need.kvBlockBytes()) / BlockTable.TOKENS_PER_BLOCK;
      long weightBytes = file.residentBytes(CpuEngine.PAGE_BYTES);
      ModelShape shape =
          new ModelShape(weightBytes, kvBytes, description.architecture().layers().size());
      double numbers =
          file.tensors().values().stream()
              .mapToDouble(tensor -> (double) tensor.rows() * tensor.columns())
              .sum();
      double tokenNanos = 2 * numbers / (FLOPS_PER_THREAD_NANO * Math.max(1, threads));
      LatencyProfile latency =
          known(source).orElseGet(() -> reckoned(need.weightBytes(), kvBytes, tokenNanos));
      return new InstanceCosts(shape, latency, SAFETY, 64, 32);
    } catch (IOException | UnservableModelException unusable) {
      throw new IOException(
          "model " + source.model() + " cannot be loaded: " + unusable.getMessage(), unusable);
    }
  }

  private static LatencyProfile reckoned(long weightBytes, long kvBytes, double tokenNanos) {
    double weightsNanos = weightBytes / BYTES_PER_NANO;
    double[] x = new double[LENGTHS.length];
    double[] y = new double[LENGTHS.length];
    for (int i = 0; i < x.length; i++) {
      x[i] = LENGTHS[i];
      y[i] = Math.max(weightsNanos, tokenNanos * x[i]);
    }
    List<DecodeRow> rows =
        java.util.Arrays.stream(LENGTHS)
            .mapToObj(
                length ->
                    new DecodeRow(
                        length,
                        new Curve(
                            BATCHES,
                            java.util.Arrays.stream(BATCHES)
                                .map(
                                    batch ->
                                        weightsNanos
                                            + batch * tokenNanos
                                            + batch * length * kvBytes / KV_BYTES_PER_NANO)
                                .toArray())))
            .toList();
    return new LatencyProfile(new Curve(x, y), rows);
  }
}
