package io.slinfer.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/** The contract of {@code slinfer tokenize}. */
@Isolated("replaces the standard streams")
final class TokenizeCommandTest {

  private static final String MODEL = "models/demo-chat.gguf";

  private record Run(int status, String out, String err) {}

  @Test
  void givesTheIdsAndPiecesOfVerbatimText() throws IOException {
    Run run = run(" naïve \n", "tokenize", "--model", MODEL, "--json");
    assertEquals(0, run.status, run.err);
    JsonNode result = new ObjectMapper().readTree(run.out);
    assertEquals(result.get("tokens").size(), result.get("pieces").size());
    Run back = run(join(result.get("tokens")), "tokenize", "--model", MODEL, "--decode", "--json");
    assertEquals(" naïve \n", new ObjectMapper().readTree(back.out).get("text").textValue());
  }

  @Test
  void readsSpecialTokensUnlessToldNotTo() throws IOException {
    assertEquals(1, tokens(run("<|im_end|>", "tokenize", "--model", MODEL, "--json")).size());
    JsonNode plain =
        tokens(run("<|im_end|>", "tokenize", "--model", MODEL, "--json", "--no-special"));
    assertTrue(plain.size() > 1, plain.toString());
  }

  @Test
  void printsOneTokenALineWithoutJson() {
    Run run = run("a b", "tokenize", "--model", MODEL);
    assertEquals(0, run.status, run.err);
    assertTrue(run.out.lines().allMatch(line -> line.matches("\\d+\t.+")), run.out);
  }

  @Test
  void saysInOneLineWhatIsWrong() {
    Run unknownId = run("1 99999999", "tokenize", "--model", MODEL, "--decode");
    assertEquals(1, unknownId.status);
    assertEquals(1, unknownId.err.lines().count(), unknownId.err);
    assertTrue(unknownId.err.contains("99999999"), unknownId.err);
    Run noNumber = run("1 x", "tokenize", "--model", MODEL, "--decode");
    assertTrue(noNumber.status == 1 && noNumber.err.contains("'x'"), noNumber.err);
    Run noFile = run("", "tokenize", "--model", "models/absent.gguf");
    assertTrue(noFile.status == 1 && noFile.err.contains("absent.gguf"), noFile.err);
    Run notUtf8 = run(new byte[] {'a', (byte) 0xff}, "tokenize", "--model", MODEL);
    assertTrue(notUtf8.status == 1 && notUtf8.err.contains("UTF-8"), notUtf8.err);
  }

  private static JsonNode tokens(Run run) throws IOException {
    assertEquals(0, run.status, run.err);
    return new ObjectMapper().readTree(run.out).get("tokens");
  }

  private static String join(JsonNode ids) {
    List<String> parts = new ArrayList<>();
    ids.forEach(id -> parts.add(id.asText()));
    return String.join("\n ", parts);
  }

  private static Run run(String input, String... arguments) {
    return run(input.getBytes(StandardCharsets.UTF_8), arguments);
  }

  private static Run run(byte[] input, String... arguments) {
    InputStream in = System.in;
    PrintStream out = System.out;
    PrintStream err = System.err;
    ByteArrayOutputStream newOut = new ByteArrayOutputStream();
    ByteArrayOutputStream newErr = new ByteArrayOutputStream();
    try {
      System.setIn(new ByteArrayInputStream(input));
      System.setOut(new PrintStream(newOut, true, StandardCharsets.UTF_8));
      System.setErr(new PrintStream(newErr, true, StandardCharsets.UTF_8));
      int status = SlinferCommand.run(arguments);
      return new Run(
          status, newOut.toString(StandardCharsets.UTF_8), newErr.toString(StandardCharsets.UTF_8));
    } finally {
      System.setIn(in);
      System.setOut(out);
      System.setErr(err);
    }
  }
}
