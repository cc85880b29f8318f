package io.slinfer.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.slinfer.config.ProfileFile;
import io.slinfer.config.ProfileFile.DeviceLatency;
import io.slinfer.config.Settings;
import io.slinfer.cost.ModelShape;
import io.slinfer.engine.LoadedModel;
import io.slinfer.engine.device.LogitsObserver;
import io.slinfer.kvcache.BlockTable;
import io.slinfer.model.ModelDescription;
import io.slinfer.model.gguf.GgufFile;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code slinfer profile}: measures a model's latency profile on this machine. */
@Command(
    name = "profile",
    description =
        "Measures how long a model's steps take on this machine, by prompt length, batch and"
            + " length, and writes a profile for emulated devices and simulate.",
    mixinStandardHelpOptions = true)
final class ProfileCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;
  @Mixin private EngineOptions engine;

  @Option(
      names = "--seconds",
      defaultValue = "60",
      description = "No measurement begins later (default: ${DEFAULT-VALUE}).")
  private double seconds;

  @Option(
      names = "--out",
      paramLabel = "F.yaml",
      description =
          "Default: conf/profiles/MODEL.yaml. Other devices in the file are kept, this one is"
              + " measured anew.")
  private Path out;

  @Option(
      names = "--name",
      description =
          "The device's key in the profile; default: the GPU, or the processor and the threads.")
  private String name;

  @Option(names = "--json", description = "Prints one JSON object.")
  private boolean json;

  @Override
  public Integer call() throws Exception {
    if (!(seconds > 0)) {
      throw new IllegalArgumentException("--seconds is " + seconds + "; allowed: above 0");
    }
    String model = engine.model().getFileName().toString().replaceFirst("\\.gguf$", "");
    Path file =
        out == null
            ? Settings.home().resolve("conf").resolve("profiles").resolve(model + ".yaml")
            : out;
    String device;
    String by;
    MeasuredModel measured;
    long began = System.nanoTime();
    try (EngineSession session = engine.open(LogitsObserver.NONE)) {
      LoadedModel loaded = session.model();
      long kvBytesPerToken = loaded.kvBlockBytes() / BlockTable.TOKENS_PER_BLOCK;
      ModelShape shape = new ModelShape(loaded.weightBytes(), kvBytesPerToken, layers());
      long budgetNanos = Math.round(seconds * TimeUnit.SECONDS.toNanos(1));
      measured = new MeasuredModel(model, shape, DeviceLatency.of(session.measure(budgetNanos)));
      String kernels = session.engine().description().detail();
      by = "slinfer profile, " + kernels;
      device = name == null ? engine.deviceName(kernels) : name;
    }
    double took = (System.nanoTime() - began) / 1e9;
    ProfileFile profile =
        Files.exists(file)
            ? ProfileFile.read(file).with(device, measured.latency())
            : measured.file(device);
    profile.write(file, MeasuredProfiles.comment(model, by));
    if (name == null) {
      // For serve on this machine, which looks for what was measured here.
      MeasuredProfiles.usual().keep(engine.model(), device, measured, by);
    }
    print(file, device, measured.latency(), took);
    return 0;
  }

  private int layers() throws Exception {
    try (GgufFile file = GgufFile.open(engine.model())) {
      return ModelDescription.read(file).architecture().layers().size();
    }
  }

  private void print(Path file, String device, DeviceLatency latency, double took)
      throws Exception {
    PrintWriter output = spec.commandLine().getOut();
    if (json) {
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("file", file.toString());
      fields.put("device", device);
      fields.put("seconds", took);
      fields.put("prefill_ms", latency.prefillMillis());
      fields.put("decode_ms", latency.decodeMillis());
      output.println(new ObjectMapper().writeValueAsString(fields));
    } else {
      output.printf("%s: %s, measured in %.1f s%n", file, device, took);
      for (double[] point : latency.prefillMillis()) {
        output.printf("  prefill of %5.0f tokens %10.2f ms%n", point[0], point[1]);
      }
      for (ProfileFile.DecodeRow row : latency.decodeMillis()) {
        for (double[] point : row.batches()) {
          output.printf(
              "  decode at %5.0f tokens, batch %3.0f %10.2f ms%n",
              row.tokens(), point[0], point[1]);
        }
      }
    }
    output.flush();
  }
}
