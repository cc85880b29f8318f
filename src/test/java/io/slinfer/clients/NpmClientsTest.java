package io.slinfer.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.testing.DemoServer;
import io.slinfer.testing.RefusingServer;
import io.slinfer.testing.ScriptedEngine.Script;
import io.slinfer.testing.Scripts;
import io.slinfer.testing.TestServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Clients of other APIs as npm has them, unchanged, and the console in headless Chromium. Needs
 * Node.js, the npm registry and chromium: {@code scripts/test-clients}.
 */
@Tag("clients")
final class NpmClientsTest {

  private static final Path SOURCES = Path.of("src/test/npm/clients");
  private static final Path FOLDER = Path.of("target/npm-clients");

  @BeforeAll
  static void install() throws Exception {
    Files.createDirectories(FOLDER);
    try (Stream<Path> files = Files.list(SOURCES)) {
      for (Path file : files.toList()) {
        Files.copy(file, FOLDER.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
      }
    }
    run("install", "npm", "install", "--no-audit", "--no-fund", "--ignore-scripts");
  }

  @ParameterizedTest
  @ValueSource(strings = {"openai", "anthropic", "ollama"})
  void servesTheClient(String client) throws Exception {
    try (TestServer server = server();
        DemoServer demo = new DemoServer();
        RefusingServer refusing = new RefusingServer()) {
      String said = run(client, "node", client + ".mjs", server.url(), demo.url(), refusing.url());
      assertTrue(said.contains("all checks passed"), said);
      server.awaitIdle();
      demo.awaitIdle();
      refusing.awaitIdle();
    }
  }

  @Test
  void servesTheConsole() throws Exception {
    try (TestServer server = server()) {
      String said = run("console", "node", "console.mjs", server.url(), "Hello", "console.png");
      assertTrue(said.contains("answer: Hello"), said);
      assertTrue(Files.size(FOLDER.resolve("console.png")) > 10_000);
    }
  }

  private static TestServer server() {
    return new TestServer("", Script.of(Scripts.SMALL, Scripts.echo()), "demo-chat");
  }

  /** What the command said; it must end well. */
  private static String run(String name, String... command) throws Exception {
    Path log = FOLDER.resolve(name + ".log");
    List<String> words = new ArrayList<>(Arrays.asList(command));
    Process process =
        new ProcessBuilder(words)
            .directory(FOLDER.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    if (!process.waitFor(180, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionError(name + " did not end: " + Files.readString(log));
    }
    assertEquals(0, process.exitValue(), Files.readString(log));
    return Files.readString(log);
  }
}
