package io.slinfer.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.slinfer.testing.ScriptedEngine.Script;
import io.slinfer.testing.Scripts;
import io.slinfer.testing.TestServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The official JavaScript client, unchanged. Needs Node.js and the npm registry (or the package
 * already under target/npm); without them it is skipped, visibly.
 */
@Tag("client")
final class OpenAiNpmTest {

  private static final Path SOURCES = Path.of("src/test/npm");
  private static final Path FOLDER = Path.of("target/npm");

  @Test
  void servesTheNpmClient() throws Exception {
    install();
    try (TestServer server =
        new TestServer("", Script.of(Scripts.SMALL, Scripts.echo()), "demo-chat")) {
      Path log = FOLDER.resolve("openai.log");
      int status = run(log, "node", "openai.mjs", server.url());
      assertEquals(0, status, Files.readString(log));
      assertTrue(Files.readString(log).contains("all checks passed"));
      server.awaitIdle();
    }
  }

  private static void install() throws Exception {
    Files.createDirectories(FOLDER);
    for (String name : new String[] {"package.json", "openai.mjs"}) {
      Files.copy(SOURCES.resolve(name), FOLDER.resolve(name), StandardCopyOption.REPLACE_EXISTING);
    }
    boolean installed =
        Files.isDirectory(FOLDER.resolve("node_modules/openai"))
            || run(
                    FOLDER.resolve("install.log"),
                    "npm",
                    "install",
                    "--no-audit",
                    "--no-fund",
                    "--ignore-scripts")
                == 0;
    assumeTrue(installed, "npm or its registry is not there: the openai npm client is not tested");
  }

  /** Exit status, or -1 if there is no such program. */
  private static int run(Path log, String... command) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(FOLDER.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    Process process;
    try {
      process = builder.start();
    } catch (java.io.IOException missing) {
      return -1;
    }
    if (!process.waitFor(120, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      return -1;
    }
    return process.exitValue();
  }
}
