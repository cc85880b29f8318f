package io.slinfer.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** {@code slinfer serve} in a process of its own, on loopback, with its own state and log. */
public final class NodeProcess implements AutoCloseable {

  private final String name;
  private final int port;
  private final Path folder;
  private final Process process;

  private NodeProcess(String name, int port, Path folder, Process process) {
    this.name = name;
    this.port = port;
    this.folder = folder;
    this.process = process;
  }

  /**
   * Starts a node; it may not listen yet.
   *
   * @param port of HTTP
   * @param yaml its settings but for the port
   */
  public static NodeProcess start(String name, int port, Path folder, String yaml)
      throws IOException {
    Files.createDirectories(folder);
    Path settings = folder.resolve("slinfer.yaml");
    Files.writeString(settings, "http: {port: " + port + ", event-loops: 1}\n" + yaml);
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(Files.readAllLines(Path.of("conf/jvm.flags")));
    command.addAll(
        List.of(
            "-ea",
            "-Xmx256m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Dslinfer.home=" + Path.of("").toAbsolutePath(),
            "-cp",
            System.getProperty("java.class.path"),
            "io.slinfer.Main",
            "serve",
            "--config",
            settings.toString()));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("SLINFER_STATE", folder.resolve("state").toString());
    builder.redirectErrorStream(true).redirectOutput(folder.resolve("log").toFile());
    return new NodeProcess(name, port, folder, builder.start());
  }

  public String url() {
    return "http://127.0.0.1:" + port;
  }

  public String name() {
    return name;
  }

  /** Waits until it serves. */
  public void awaitReady() throws Exception {
    long deadlineNanos = System.nanoTime() + TimeUnit.MINUTES.toNanos(3);
    while (true) {
      if (!process.isAlive() || System.nanoTime() - deadlineNanos > 0) {
        throw new AssertionError(name + " did not start:\n" + log());
      }
      try {
        if (JsonClient.get(url() + "/health/live").statusCode() == 200) {
          return;
        }
      } catch (IOException notYet) {
        Thread.sleep(50);
      }
    }
  }

  /** What it logged. */
  public String log() throws IOException {
    return Files.readString(folder.resolve("log"));
  }

  /** Ends it as a power cut would. */
  public void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** SIGSTOP, SIGCONT or another signal. */
  public void signal(String signal) throws Exception {
    int status =
        new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start().waitFor();
    if (status != 0) {
      throw new AssertionError("kill -" + signal + " answered " + status);
    }
  }

  /** Asks it to end; true if it did within this time. */
  public boolean stop(long seconds) throws InterruptedException {
    process.destroy();
    return process.waitFor(seconds, TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
