package io.slinfer.testing;

import io.slinfer.cli.NodeDevices;
import io.slinfer.cli.Server;
import io.slinfer.config.ModelSettings;
import io.slinfer.config.ServingSettings;
import io.slinfer.config.Settings;
import io.slinfer.gateway.DirectoryCatalogue;
import io.slinfer.gateway.ModelCatalogue;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What {@code serve} gives with nothing configured, on a free port, with more models if wanted; but
 * no request is refused for its deadline, however slow the machine is.
 */
public final class DemoServer implements AutoCloseable {

  private final DirectoryCatalogue catalogue;
  private final Server server;

  /**
   * @param folders of models beside the demo models
   */
  public DemoServer(Path... folders) {
    Settings bundled = Settings.read(Path.of("conf/slinfer.yaml"));
    List<Path> directories = new ArrayList<>(bundled.models().directories());
    directories.addAll(List.of(folders));
    ModelSettings models = bundled.models().in(directories);
    catalogue = DirectoryCatalogue.open(models);
    Settings settings =
        new Settings(
            bundled.http().at(null, 0),
            models,
            bundled.devices(),
            patient(bundled.serving(), catalogue),
            bundled.metrics(),
            bundled.cluster(),
            bundled.profiles());
    server = Server.start(settings, NodeDevices.real(settings), catalogue);
  }

  private static ServingSettings patient(ServingSettings usual, ModelCatalogue catalogue) {
    return new ServingSettings(
        usual.exclusive(),
        usual.keepAliveMillis(),
        usual.leastResidenceMillis(),
        usual.coldStartMillis(),
        usual.pinned(),
        usual.warm(),
        catalogue.models().stream().map(model -> model.id().value()).toList(),
        usual.promises());
  }

  public String url() {
    return "http://127.0.0.1:" + server.port();
  }

  public int port() {
    return server.port();
  }

  public DirectoryCatalogue catalogue() {
    return catalogue;
  }

  /** Waits until no request is left and no KV block is used. */
  public void awaitIdle() throws Exception {
    TestServer.awaitIdle(server);
  }

  @Override
  public void close() {
    server.close();
    catalogue.close();
  }
}
