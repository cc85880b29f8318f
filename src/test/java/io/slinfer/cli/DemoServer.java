package io.slinfer.cli;

import io.slinfer.config.ModelSettings;
import io.slinfer.config.Settings;
import io.slinfer.gateway.DirectoryCatalogue;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What {@code serve} gives with nothing configured, on a free port, with more models if wanted. */
final class DemoServer implements AutoCloseable {

  private final DirectoryCatalogue catalogue;
  private final Server server;

  /**
   * @param folders of models beside the demo models
   */
  DemoServer(Path... folders) {
    Settings bundled = Settings.read(Path.of("conf/slinfer.yaml"));
    List<Path> directories = new ArrayList<>(bundled.models().directories());
    directories.addAll(List.of(folders));
    ModelSettings models = bundled.models().in(directories);
    Settings settings = bundled.with(bundled.http().at(null, 0), models);
    catalogue = DirectoryCatalogue.open(models);
    server = Server.start(settings, NodeDevices.real(settings), catalogue);
  }

  String url() {
    return "http://127.0.0.1:" + server.port();
  }

  int port() {
    return server.port();
  }

  DirectoryCatalogue catalogue() {
    return catalogue;
  }

  @Override
  public void close() {
    server.close();
    catalogue.close();
  }
}
