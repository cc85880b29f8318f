package io.slinfer.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract of {@code slinfer render}. */
final class RenderCommandTest {

  /** What one command line did. */
  private record Outcome(int exit, String out, String err) {}

  @TempDir Path folder;

  private static Outcome run(String stdin, String... arguments) {
    InputStream in = System.in;
    PrintStream out = System.out;
    PrintStream err = System.err;
    ByteArrayOutputStream newOut = new ByteArrayOutputStream();
    ByteArrayOutputStream newErr = new ByteArrayOutputStream();
    try {
      System.setIn(new ByteArrayInputStream(stdin.getBytes(StandardCharsets.UTF_8)));
      System.setOut(new PrintStream(newOut, true, StandardCharsets.UTF_8));
      System.setErr(new PrintStream(newErr, true, StandardCharsets.UTF_8));
      List<String> line = new ArrayList<>(List.of("render"));
      line.addAll(Arrays.asList(arguments));
      int exit = SlinferCommand.run(line.toArray(String[]::new));
      return new Outcome(
          exit, newOut.toString(StandardCharsets.UTF_8), newErr.toString(StandardCharsets.UTF_8));
    } finally {
      System.setIn(in);
      System.setOut(out);
      System.setErr(err);
    }
  }

  private String template(String source) throws IOException {
    return Files.writeString(folder.resolve("t.jinja"), source).toString();
  }

  @Test
  void printsExactlyTheText() throws IOException {
    String file =
        template(
            "{{ bos_token }}{% for m in messages %}{{ m.content }}{% endfor %}|{{ tools }}|"
                + "{{ thinking }}|{{ add_generation_prompt }}|{{ strftime_now('%F %T') }}");
    Outcome outcome =
        run(
            """
            {"messages": [{"role": "user", "content": "hé🙂\\n"}], "add_generation_prompt": true,
             "bos_token": "<s>", "kwargs": {"thinking": 2.0}, "now": "2026-03-09T14:05:06"}
            """,
            "--template",
            file);
    assertEquals(new Outcome(0, "<s>hé🙂\n|None|2.0|True|2026-03-09 14:05:06", ""), outcome);
  }

  @Test
  void readsTheTemplateAndTokensOfAModel() {
    Outcome outcome =
        run(
            "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}],"
                + " \"add_generation_prompt\": true}",
            "--model",
            "models/demo-chat.gguf");
    assertEquals(
        new Outcome(0, "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n", ""), outcome);
  }

  @Test
  void saysInOneLineWhatIsWrong() throws IOException {
    assertEquals(
        new Outcome(1, "", "slinfer: no system message, please\n"),
        run("{}", "--template", template("{{ raise_exception('no system message, please') }}")));
    assertEquals(
        new Outcome(1, "", "slinfer: template line 2: unexpected '%}'\n"),
        run("{}", "--template", template("\n{% if %}")));
    assertEquals(
        new Outcome(1, "", "slinfer: stdin: messages must be a JSON array\n"),
        run("{\"messages\": {}}", "--template", template("")));
    assertEquals(
        new Outcome(
            1,
            "",
            "slinfer: stdin: now is 'noon'; allowed: a local time such as 2026-03-09T14:05:06\n"),
        run("{\"now\": \"noon\"}", "--template", template("")));
    assertEquals(1, run("", "--template", template("")).exit());
    assertEquals(1, run("[1]", "--template", template("")).exit());
    assertEquals(1, run("{}", "--template", folder.resolve("absent").toString()).exit());
    assertEquals(2, run("{}").exit());
  }
}
