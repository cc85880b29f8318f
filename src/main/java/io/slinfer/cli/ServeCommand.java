package io.slinfer.cli;

import io.slinfer.cluster.ClusterNode;
import io.slinfer.config.HttpSettings;
import io.slinfer.config.Settings;
import io.slinfer.gateway.DirectoryCatalogue;
import io.slinfer.gateway.ModelCatalogue;
import io.slinfer.gateway.ServedModel;
import io.slinfer.recording.RecordingFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code slinfer serve}: starts a node and serves until the process is told to end. */
@Command(
    name = "serve",
    description =
        "Starts a node. With nothing given it serves the bundled demo models on 127.0.0.1:8080.",
    mixinStandardHelpOptions = true)
final class ServeCommand implements Callable<Integer> {

  private static final Logger LOG = LoggerFactory.getLogger(ServeCommand.class);

  @Spec private CommandSpec spec;

  @Option(
      names = "--config",
      paramLabel = "F.yaml",
      description = "Settings; default: conf/slinfer.yaml of the installation.")
  private Path config;

  @Option(names = "--host", description = "Address to listen on.")
  private String host;

  @Option(names = "--port", description = "Port to listen on; 0 takes any free one.")
  private Integer port;

  @Option(names = "--admin-port", description = "Port of /admin; 0 takes any free one.")
  private Integer adminPort;

  @Option(
      names = "--record",
      paramLabel = "FILE",
      description = "Records all that the scheduler sees and decides, for simulate --replay.")
  private Path record;

  @Option(
      names = "--models",
      paramLabel = "DIR",
      description = "Folder with GGUF files; may be given more than once.")
  private List<Path> models = List.of();

  @Override
  public Integer call() throws InterruptedException {
    Settings settings = settings();
    DirectoryCatalogue files = DirectoryCatalogue.open(settings.models());
    ModelCatalogue catalogue = files;
    Server.Parts parts;
    if (settings.device().emulated()) {
      EmulatedServing emulated = new EmulatedServing(settings);
      catalogue = emulated.catalogue(files);
      parts = NodeDevices.emulated(settings, emulated);
    } else {
      parts = NodeDevices.real(settings);
    }
    if (record != null) {
      parts = parts.recordedTo(recording());
    }
    ClusterNode node = ClusterNode.start(settings.cluster(), settings.device().emulated());
    Server server = Server.start(settings, parts.in(node), catalogue);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  server.close();
                  files.close();
                },
                "slinfer-stop"));
    report(settings, server, catalogue.models());
    new CountDownLatch(1).await();
    return 0;
  }

  private RecordingFile recording() {
    try {
      return RecordingFile.create(record);
    } catch (IOException failure) {
      throw new ParameterException(
          spec.commandLine(), "--record: " + SlinferCommand.oneLine(failure));
    }
  }

  private Settings settings() {
    if (port != null && (port < 0 || port > 65_535)) {
      throw new ParameterException(
          spec.commandLine(), "--port is " + port + "; allowed: 0 to 65535");
    }
    if (adminPort != null && (adminPort < 0 || adminPort > 65_535)) {
      throw new ParameterException(
          spec.commandLine(), "--admin-port is " + adminPort + "; allowed: 0 to 65535");
    }
    for (Path folder : models) {
      if (!Files.isDirectory(folder)) {
        throw new ParameterException(
            spec.commandLine(), "--models is " + folder + ", which is not a folder that exists");
      }
    }
    Settings read = Settings.read(config == null ? Settings.bundledFile() : config);
    HttpSettings http = read.http().at(host, port == null ? -1 : port);
    return read.with(
        adminPort == null ? http : http.with(http.admin().at(adminPort)), read.models().in(models));
  }

  private static void report(Settings settings, Server server, List<ServedModel> served) {
    if (served.isEmpty()) {
      LOG.warn(
          "no model to serve yet in {}: put a GGUF file there", settings.models().directories());
    }
    LOG.info(
        "serving {} on {}://{}:{}/v1",
        served.stream().map(model -> model.id().value()).toList(),
        settings.http().tls() == null ? "http" : "https",
        settings.http().host(),
        server.port());
  }
}
