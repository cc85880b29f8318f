package io.slinfer.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.slinfer.testing.DemoServer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a wrong command line is told: one line with the thing, its value and what is allowed. */
@Isolated("replaces the standard streams")
final class CommandErrorsTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "bogus|Unmatched argument at index 0: 'bogus'; `help` lists the commands",
        "bench --model M --repetitions 0|--repetitions is 0; allowed: 1 or more",
        "bench --model M --prompt -1|--prompt is -1; allowed: 0 or more",
        "bench --model M --batch 0|--batch is 0; allowed: 1 or more",
        "bench --model M --prompt 0 --gen 0|--prompt and --gen are 0: there is nothing to measure",
        "generate --model M --prompt a --threads 2000|--threads is 2000; allowed: 1 to 1024",
        "generate --model M --prompt a --device tpu|--device: tpu; allowed: cpu, gpu:N, java, auto",
        "generate --model M --prompt a --logits /no/f|/no/f: no such file or folder",
        "loadtest --report /no/f.html|/no/f.html: no such file or folder",
        "render --template models|models: no such file, or not readable",
        "render --template M|M: is not UTF-8",
        "render --model M|stdin is no JSON object",
        "serve --config models|models: no such file",
        "serve --record /no/f|--record: /no/f: no such file or folder",
        "top --url nonsense|--url is nonsense; allowed: http:// or https://",
        "top --looks -1|--looks is -1; allowed: 0 or more",
        "top --interval 0|--interval is 0.0; allowed: 0.1 or more",
      })
  void areNamed(String line, String told) {
    String model = "models/demo-chat.gguf";
    Run run = run(line.replaceFirst("\\bM\\b", model).split(" "));
    assertNotEquals(0, run.status);
    assertEquals("slinfer: " + told.replaceFirst("\\bM\\b", model), run.err.strip());
  }

  @Test
  void aLoadTestOfWhichEveryCallFailsFails() throws Exception {
    try (DemoServer server = new DemoServer()) {
      Run run = run("loadtest", "--url", server.url(), "--models", "absent", "--duration", "1");
      assertEquals(1, run.status);
      assertEquals(1, run.err.lines().filter(line -> line.contains("every call failed")).count());
      assertEquals(1, run.err.lines().filter(line -> line.contains("404")).count(), run.err);
    }
  }

  private record Run(int status, String err) {}

  private static Run run(String... arguments) {
    InputStream in = System.in;
    PrintStream out = System.out;
    PrintStream err = System.err;
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    try {
      System.setIn(new ByteArrayInputStream("[]".getBytes(StandardCharsets.UTF_8)));
      System.setOut(new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8));
      System.setErr(new PrintStream(said, true, StandardCharsets.UTF_8));
      int status = SlinferCommand.run(arguments);
      return new Run(status, said.toString(StandardCharsets.UTF_8));
    } finally {
      System.setIn(in);
      System.setOut(out);
      System.setErr(err);
    }
  }
}
