package io.slinfer.cli;

import io.slinfer.cost.DeviceKind;
import io.slinfer.cost.InstanceCosts;
import io.slinfer.cost.LatencyProfile;
import io.slinfer.cost.LatencyProfile.Curve;
import io.slinfer.cost.LatencyProfile.DecodeRow;
import io.slinfer.cost.MeasuredSteps;
import io.slinfer.cost.ModelShape;
import io.slinfer.engine.ModelSource;
import io.slinfer.engine.gpu.GpuEngine;
import io.slinfer.engine.gpu.GpuProperties;
import io.slinfer.model.ModelDescription;
import io.slinfer.model.UnservableModelException;
import io.slinfer.model.gguf.GgufFile;
import io.slinfer.node.CostSource;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What models cost on a machine with GPUs: on the CPU as {@code CpuCosts} says, on a GPU by its
 * pages and by what {@code slinfer profile} has measured there, else by the numbers of a small data
 * centre GPU; what steps take then corrects that. Safe for any thread.
 */
record GpuCosts(CpuCosts cpu, Vertx vertx, GpuProperties gpu) implements CostSource {

  private static final double FLOPS_PER_NANO = 60_000;
  private static final double BYTES_PER_NANO = 500;

  /** Launches of one layer of a step. */
  private static final double LAYER_NANOS = 60_000;

  private static final double SAFETY = 1.1;
  private static final int[] LENGTHS = {16, 128, 1_024, 8_192};
  private static final double[] BATCHES = {1, 2, 4, 8, 16, 32, 64};

  @Override
  public Future<Map<DeviceKind, InstanceCosts>> of(ModelSource source) {
    return cpu.of(source)
        .compose(
            onCpu ->
                vertx.executeBlocking(
                    () -> {
                      Map<DeviceKind, InstanceCosts> all = new EnumMap<>(onCpu);
                      all.put(DeviceKind.GPU, read(source));
                      return all;
                    },
                    false));
  }

  /** GPUs are measured by {@code slinfer profile} alone. */
  @Override
  public Future<Long> probeNanos(ModelSource source, DeviceKind kind) {
    return kind == DeviceKind.GPU ? Future.succeededFuture(0L) : cpu.probeNanos(source, kind);
  }

  @Override
  public Future<InstanceCosts> measured(ModelSource source, DeviceKind kind, MeasuredSteps steps) {
    return cpu.measured(source, kind, steps);
  }

  private InstanceCosts read(ModelSource source) throws IOException, UnservableModelException {
    try (GgufFile file = GgufFile.open(source.parts().getFirst())) {
      ModelDescription description = ModelDescription.read(file);
      int layers = description.architecture().layers().size();
      long kvBytes =
          Math.ceilDiv(
              GpuEngine.kvBlockBytes(description, gpu.pageBytes()), (long) GpuEngine.blockTokens());
      long bytes = description.weightBytes() + GpuEngine.scratchBytes(description, gpu);
      double numbers =
          file.tensors().values().stream()
              .mapToDouble(tensor -> (double) tensor.rows() * tensor.columns())
              .sum();
      LatencyProfile latency =
          MeasuredProfiles.usual()
              .find(source.parts().getFirst(), MachineName.of(gpu))
              .orElseGet(
                  () ->
                      guess(
                          description.weightBytes() / BYTES_PER_NANO + layers * LAYER_NANOS,
                          2 * numbers / FLOPS_PER_NANO,
                          kvBytes / BYTES_PER_NANO));
      return new InstanceCosts(new ModelShape(bytes, kvBytes, layers), latency, SAFETY, 64, 32);
    }
  }

  private static LatencyProfile guess(double stepNanos, double tokenNanos, double kvNanos) {
    double[] lengths = Arrays.stream(LENGTHS).asDoubleStream().toArray();
    double[] prefill =
        Arrays.stream(lengths).map(tokens -> stepNanos + tokens * tokenNanos).toArray();
    List<DecodeRow> rows =
        Arrays.stream(LENGTHS)
            .mapToObj(
                length ->
                    new DecodeRow(
                        length,
                        new Curve(
                            BATCHES,
                            Arrays.stream(BATCHES)
                                .map(batch -> stepNanos + batch * (tokenNanos + length * kvNanos))
                                .toArray())))
            .toList();
    return new LatencyProfile(new Curve(lengths, prefill), rows);
  }
}
