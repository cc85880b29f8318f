package io.slinfer.bench;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * {@code slinfer serve} as a process of its own, with the classes of this one; ended when closed.
 */
final class ServerProcess implements AutoCloseable {

  private static final int START_SECONDS = 120;
  private static final int STOP_SECONDS = 30;

  private final HttpClient http = HttpClient.newHttpClient();
  private final Process process;
  private final int port;
  private final int adminPort;

  /**
   * @param settings YAML without a section {@code http}
   * @param javaOptions of its virtual machine
   * @param folder for its settings and its log
   */
  ServerProcess(String settings, List<String> javaOptions, Path folder) throws Exception {
    port = freePort();
    adminPort = freePort();
    Path file = folder.resolve("server.yaml");
    Path log = folder.resolve("server.log");
    Files.writeString(
        file, "http: {port: %d, admin: {port: %d}}\n".formatted(port, adminPort) + settings);
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    for (String flag : Files.readAllLines(Path.of("conf/jvm.flags"))) {
      if (!flag.isBlank()) {
        command.add(flag);
      }
    }
    command.addAll(javaOptions);
    command.add("-Dslinfer.home=" + Path.of("").toAbsolutePath());
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.addAll(List.of("io.slinfer.Main", "serve", "--config", file.toString()));
    process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    await(log);
  }

  private static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0)) {
      return free.getLocalPort();
    }
  }

  private void await(Path log) throws Exception {
    long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
    while (System.nanoTime() - deadlineNanos < 0 && process.isAlive()) {
      try {
        get(port, "/v1/models");
        return;
      } catch (IOException notYet) {
        TimeUnit.MILLISECONDS.sleep(100);
      }
    }
    process.destroyForcibly();
    throw new IOException("no server: " + Files.readString(log));
  }

  int port() {
    return port;
  }

  long pid() {
    return process.pid();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** The body of an answer of {@code /metrics} and the like. */
  String get(String path) throws Exception {
    return get(port, path);
  }

  /** The body of an answer for operators. */
  String admin(String path) throws Exception {
    return get(adminPort, "/admin/" + path);
  }

  private String get(int from, String path) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + from + path))
            .timeout(Duration.ofSeconds(10))
            .build();
    HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
    if (response.statusCode() != 200) {
      throw new IOException(path + ": " + response.statusCode() + " " + response.body());
    }
    return response.body();
  }

  @Override
  public void close() {
    http.close();
    process.destroy();
    try {
      process.onExit().get(STOP_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException | InterruptedException late) {
      process.destroyForcibly();
    }
  }
}
