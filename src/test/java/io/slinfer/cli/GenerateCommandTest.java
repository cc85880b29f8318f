package io.slinfer.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/** The contracts of {@code slinfer generate} and {@code slinfer bench}. */
@Isolated("replaces the standard streams")
final class GenerateCommandTest {

  private static final String MODEL = "models/demo-story.gguf";

  private record Run(int status, String out, String err) {

    JsonNode json() throws IOException {
      assertEquals(0, status, err);
      assertEquals(1, out.lines().count(), out);
      return new ObjectMapper().readTree(out);
    }
  }

  @Test
  void continuesATextAndSaysHow(@TempDir Path folder) throws IOException {
    Path logits = folder.resolve("logits");
    JsonNode result =
        run(
                "generate",
                "--model",
                MODEL,
                "--prompt",
                "Once upon a time",
                "--max-tokens",
                "8",
                "--ignore-eos",
                "--device",
                "java",
                "--json",
                "--logits",
                logits.toString())
            .json();
    assertEquals(
        Set.of("prompt_tokens", "tokens", "text", "logprobs", "finish_reason", "timings"),
        new TreeSet<>(names(result)));
    assertEquals(8, result.get("tokens").size());
    assertEquals(8, result.get("logprobs").size());
    assertEquals("length", result.get("finish_reason").asText());
    assertFalse(result.get("text").asText().isBlank());
    assertTrue(result.get("logprobs").get(0).asDouble() <= 0);
    assertTrue(Files.size(logits) > 0 && Files.size(logits) % Float.BYTES == 0);
  }

  @Test
  void tokenIdsAreTakenLiterallyAndSeedsDecideDraws() throws IOException {
    String[] command = {
      "generate",
      "--model",
      MODEL,
      "--prompt-tokens",
      "5,6,7",
      "--max-tokens",
      "6",
      "--temperature",
      "1.5",
      "--seed",
      "11",
      "--ignore-eos",
      "--device",
      "java",
      "--json"
    };
    JsonNode first = run(command).json();
    assertEquals("[5,6,7]", first.get("prompt_tokens").toString());
    assertEquals(first.get("tokens"), run(command).json().get("tokens"));
    command[10] = "12";
    assertFalse(first.get("tokens").equals(run(command).json().get("tokens")));
  }

  @Test
  void saysInOneLineWhatIsWrong() {
    assertRefused("absent.gguf", "generate", "--model", "absent.gguf", "--prompt", "a");
    assertRefused("token 99999999", "generate", "--model", MODEL, "--prompt-tokens", "99999999");
    assertRefused("--device", "generate", "--model", MODEL, "--prompt", "a", "--device", "tpu");
    assertRefused(
        "temperature", "generate", "--model", MODEL, "--prompt", "a", "--temperature", "-1");
    assertRefused("--prompt", "generate", "--model", MODEL);
  }

  @Test
  void benchReportsARowForEachTestAndBatch() throws IOException {
    JsonNode rows =
        run(
                "bench",
                "--model",
                MODEL,
                "--prompt",
                "8",
                "--gen",
                "2",
                "--batch",
                "1,2",
                "--repetitions",
                "2",
                "--device",
                "java",
                "--json")
            .json()
            .get("rows");
    assertEquals(4, rows.size());
    for (JsonNode row : rows) {
      assertTrue(row.get("tokens_per_second").asDouble() > 0);
      assertTrue(row.get("stddev").asDouble() >= 0);
    }
    assertEquals("pp8", rows.get(0).get("test").asText());
    assertEquals(2, rows.get(3).get("batch").asInt());
  }

  private static List<String> names(JsonNode object) {
    List<String> names = new ArrayList<>();
    object.fieldNames().forEachRemaining(names::add);
    return names;
  }

  private static void assertRefused(String named, String... arguments) {
    Run run = run(arguments);
    assertTrue(run.status != 0);
    assertEquals(1, run.err.lines().count(), run.err);
    assertTrue(run.err.contains(named), run.err);
  }

  private static Run run(String... arguments) {
    PrintStream out = System.out;
    PrintStream err = System.err;
    ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
    ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
    try {
      System.setOut(new PrintStream(outBytes, true, StandardCharsets.UTF_8));
      System.setErr(new PrintStream(errBytes, true, StandardCharsets.UTF_8));
      int status = SlinferCommand.run(arguments);
      return new Run(
          status,
          outBytes.toString(StandardCharsets.UTF_8),
          errBytes.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
  }
}
