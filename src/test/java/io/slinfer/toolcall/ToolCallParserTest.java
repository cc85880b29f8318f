package io.slinfer.toolcall;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import io.slinfer.constraint.TokenConstraint;
import io.slinfer.constraint.TokenSampler;
import io.slinfer.constraint.TokenTrie;
import io.slinfer.constraint.Vocabularies;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Tool calls in each format, however the text is cut into pieces. */
final class ToolCallParserTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final long seed = Long.getLong("slinfer.seed", 20261123L);

  /** Text outside calls, then {@code name(arguments)} of each call; ! marks one cut off. */
  record Case(ToolCallFormat format, String answer, String text, List<String> calls) {}

  static Stream<Case> cases() {
    String weather = "get_weather({\"city\": \"São \\\"P\\\" }]\"})";
    String json = "{\"name\": \"get_weather\", \"%s\": {\"city\": \"São \\\"P\\\" }]\"}}";
    String call = json.formatted("arguments");
    String parameters = json.formatted("parameters");
    String arguments = "{\"city\": \"São \\\"P\\\" }]\"}";
    return Stream.of(
        new Case(ToolCallFormat.HERMES, "Hello < b <tool", "Hello < b <tool", List.of()),
        new Case(
            ToolCallFormat.HERMES,
            "I look.\n<tool_call>\n" + call + "\n</tool_call>",
            "I look.",
            List.of(weather)),
        new Case(
            ToolCallFormat.HERMES,
            "<tool_call>"
                + call
                + "</tool_call>\n<tool_call>\n{\"name\":\"b\"}\n</tool_call>\nDone.",
            "\nDone.",
            List.of(weather, "b({})")),
        new Case(
            ToolCallFormat.HERMES,
            "<tool_call>{\"arguments\":{\"a\":[1,{}]},\"name\":\"b\"}</tool_call>",
            "",
            List.of("b({\"a\":[1,{}]})")),
        new Case(
            ToolCallFormat.HERMES,
            "<tool_call>{\"name\":\"b\",\"arguments\":\"{\\\"x\\\":1}\"}</tool_call>",
            "",
            List.of("b({\"x\":1})")),
        new Case(
            ToolCallFormat.HERMES,
            "<tool_call>{\"name\":\"b\",\"arguments\":{\"x\":",
            "",
            List.of("b({\"x\":)!")),
        new Case(
            ToolCallFormat.HERMES,
            "<tool_call>none</tool_call>",
            "<tool_call>none</tool_call>",
            List.of()),
        new Case(
            ToolCallFormat.HERMES,
            "x <tool_call>{\"nam\": 1}</tool_call>",
            "x<tool_call>{\"nam\": 1}</tool_call>",
            List.of()),
        new Case(ToolCallFormat.LLAMA3, "\n" + parameters, "", List.of(weather)),
        new Case(ToolCallFormat.LLAMA3, "<|python_tag|>" + parameters, "", List.of(weather)),
        new Case(
            ToolCallFormat.LLAMA3, parameters + "; " + parameters, "", List.of(weather, weather)),
        new Case(
            ToolCallFormat.LLAMA3, "{\"answer\": 42} is it.", "{\"answer\": 42} is it.", List.of()),
        new Case(ToolCallFormat.LLAMA3, "See {\"name\":\"b\"}", "See {\"name\":\"b\"}", List.of()),
        new Case(
            ToolCallFormat.MISTRAL,
            "[TOOL_CALLS] [" + call + ", {\"name\":\"b\",\"arguments\":{},\"id\":\"123456789\"}]",
            "",
            List.of(weather, "b({})")),
        new Case(
            ToolCallFormat.MISTRAL_NAMED,
            "Ok[TOOL_CALLS]get_weather[ARGS]" + arguments + "[TOOL_CALLS]b[CALL_ID]x1[ARGS]{}",
            "Ok",
            List.of(weather, "b({})")),
        new Case(ToolCallFormat.GRANITE, "<|tool_call|>[" + call + "]", "", List.of(weather)),
        new Case(
            ToolCallFormat.FUNCTION_TAG,
            "So: <function=get_weather>" + arguments + "</function> and more",
            "So: and more",
            List.of(weather)),
        new Case(ToolCallFormat.JSON, call, "", List.of(weather)),
        new Case(ToolCallFormat.JSON, "[" + call + "," + call + "]", "", List.of(weather, weather)),
        new Case(ToolCallFormat.JSON, "[1, 2]", "[1, 2]", List.of()),
        new Case(ToolCallFormat.JSON, "  plain ", "  plain ", List.of()));
  }

  /** What events say, put together; checks that their order makes sense. */
  private static final class Transcript {
    private final StringBuilder text = new StringBuilder();
    private final List<String> calls = new ArrayList<>();
    private final List<String> names = new ArrayList<>();
    private final List<String> arguments = new ArrayList<>();
    private StringBuilder open;

    void add(List<ToolCallEvent> events) {
      for (ToolCallEvent event : events) {
        switch (event) {
          case ToolCallEvent.Text found -> {
            assertEquals(null, open, "text within a call");
            text.append(found.text());
          }
          case ToolCallEvent.CallStarted start -> {
            assertEquals(calls.size(), start.index());
            assertEquals("id" + calls.size(), start.id());
            open = new StringBuilder();
            names.add(start.name());
          }
          case ToolCallEvent.ArgumentsDelta delta -> {
            assertEquals(calls.size(), delta.index());
            assertTrue(!delta.fragment().isEmpty());
            open.append(delta.fragment());
          }
          case ToolCallEvent.CallEnded end -> {
            arguments.add(open.toString());
            calls.add(names.getLast() + "(" + open + ")" + (end.complete() ? "" : "!"));
            open = null;
          }
        }
      }
    }
  }

  private static Transcript parse(ToolCallFormat format, List<String> pieces) {
    AtomicInteger ids = new AtomicInteger();
    ToolCallParser parser = new ToolCallParser(format, () -> "id" + ids.getAndIncrement());
    Transcript transcript = new Transcript();
    pieces.forEach(piece -> transcript.add(parser.feed(piece)));
    transcript.add(parser.end());
    assertEquals(transcript.calls.size(), parser.calls());
    return transcript;
  }

  private static List<String> cut(String text, Random random) {
    List<String> pieces = new ArrayList<>();
    for (int at = 0; at < text.length(); ) {
      int end = Math.min(text.length(), at + 1 + random.nextInt(6));
      pieces.add(text.substring(at, end));
      at = end;
    }
    return pieces;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void findsCallsAndTextHoweverTheAnswerIsCut(Case example) {
    Random random = new Random(seed);
    for (int i = 0; i < 60; i++) {
      List<String> pieces = i == 0 ? List.of(example.answer) : cut(example.answer, random);
      Transcript found = parse(example.format, pieces);
      assertEquals(example.calls, found.calls, pieces.toString());
      assertEquals(example.text, found.text.toString(), pieces.toString());
    }
  }

  @Test
  void textIsHeldBackOnlyWhileItMayBeAMarker() {
    ToolCallParser parser = new ToolCallParser(ToolCallFormat.HERMES, () -> "id");
    assertEquals(List.of(new ToolCallEvent.Text("a")), parser.feed("a <to"));
    assertEquals(List.of(new ToolCallEvent.Text(" <today")), parser.feed("day"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '`',
      value = {
        "HERMES~Ok <tool_call> {\"name\":\"~Ok",
        "HERMES~<tool_call>~``",
        "HERMES~<tool_c~``",
        "HERMES~1 <~1 <",
        "HERMES~<tool_call>none~<tool_call>none",
        "HERMES~plain ~plain ",
        "LLAMA3~{\"na~``",
        "LLAMA3~{ \"name\": \"f~``",
        "LLAMA3~{\"answer\": 4~{\"answer\": 4",
        "MISTRAL~[TOOL_CALLS] [{\"na~``",
        "MISTRAL_NAMED~[TOOL_CALLS]get_w~``",
        "GRANITE~So <|tool_call~So",
        "FUNCTION_TAG~So <function=get_w~So",
        "JSON~[{\"name~``",
        "JSON~[1, 2~[1, 2",
      })
  void whatBeginsACallIsNoTextOfAnAnswerThatWasCut(
      ToolCallFormat format, String answer, String text) {
    Transcript transcript = new Transcript();
    ToolCallParser parser = new ToolCallParser(format, () -> "id0");
    for (int i = 0; i < answer.length(); i++) {
      transcript.add(parser.feed(answer.substring(i, i + 1)));
    }
    transcript.add(parser.cut());
    assertEquals(text, transcript.text.toString());
    assertEquals(List.of(), transcript.calls);
  }

  @Test
  void argumentsStreamAsTheyCome() {
    ToolCallParser parser = new ToolCallParser(ToolCallFormat.HERMES, () -> "id");
    assertEquals(
        List.of(new ToolCallEvent.CallStarted(0, "id", "f")),
        parser.feed("<tool_call>{\"name\":\"f\", \"arguments\": "));
    assertEquals(List.of(new ToolCallEvent.ArgumentsDelta(0, "{\"x\":")), parser.feed("{\"x\":"));
    assertEquals(
        List.of(new ToolCallEvent.ArgumentsDelta(0, " 1}"), new ToolCallEvent.CallEnded(0, true)),
        parser.feed(" 1}}"));
  }

  @ParameterizedTest
  @EnumSource(ToolCallFormat.class)
  void whatTheGrammarAllowsIsParsedBackAndMeetsTheSchema(ToolCallFormat format) throws IOException {
    JsonNode schema =
        JSON.readTree(
            "{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\",\"maxLength\":12},"
                + "\"days\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":9},\"unit\":{\"enum\":"
                + "[\"C\",\"F\"]}},\"required\":[\"city\",\"unit\"],\"additionalProperties\":false}");
    List<Tool> tools = List.of(new Tool("get_weather", schema), new Tool("get_climate", schema));
    Random random = new Random(seed);
    TokenTrie trie =
        format == ToolCallFormat.MISTRAL_NAMED
            ? Vocabularies.bytesAnd(List.of("get", "\"city\""), List.of("[TOOL_CALLS]", "[ARGS]"))
            : Vocabularies.demo();
    TokenSampler sampler = new TokenSampler(trie, random, 60);
    for (boolean parallel : new boolean[] {false, true}) {
      TokenConstraint constraint =
          TokenConstraint.compile(ToolCallGrammar.of(format, tools, parallel), trie);
      for (int i = 0; i < 12; i++) {
        List<Integer> tokens = sampler.sample(constraint);
        String answer = new String(sampler.bytes(tokens), StandardCharsets.UTF_8);
        Transcript found = parse(format, cut(answer, random));
        assertEquals("", found.text.toString(), answer);
        assertTrue(parallel ? !found.calls.isEmpty() : found.calls.size() == 1, answer);
        for (String arguments : found.arguments) {
          JsonNode value = JSON.readTree(arguments);
          assertEquals(
              Set.of(),
              JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
                  .getSchema(schema)
                  .validate(value));
        }
        assertTrue(Set.of("get_weather", "get_climate").containsAll(found.names), answer);
      }
    }
  }

  @Test
  void markersAreControlTokensWhereTheVocabularyHasThem() {
    TokenTrie trie = Vocabularies.bytesAnd(List.of(), List.of("[TOOL_CALLS]", "[ARGS]"));
    TokenConstraint constraint =
        TokenConstraint.compile(
            ToolCallGrammar.of(ToolCallFormat.MISTRAL_NAMED, List.of(new Tool("f", null)), false),
            trie);
    assertEquals(257, constraint.start().onlyToken());
  }

  @Test
  void detectsTheFormatOfKnownTemplates() throws IOException {
    Path file = Path.of(System.getProperty("slinfer.shared"), "conformance/chat/templates.json.gz");
    assumeTrue(Files.exists(file), "the shared fixtures folder is absent");
    JsonNode templates;
    try (InputStream in = new GZIPInputStream(Files.newInputStream(file))) {
      templates = JSON.readTree(in).get("templates");
    }
    Map<String, Optional<ToolCallFormat>> expected =
        Map.ofEntries(
            Map.entry("qwen2.5", Optional.of(ToolCallFormat.HERMES)),
            Map.entry("qwen3", Optional.of(ToolCallFormat.HERMES)),
            Map.entry("llama-3.1", Optional.of(ToolCallFormat.LLAMA3)),
            Map.entry("llama-3.2", Optional.of(ToolCallFormat.LLAMA3)),
            Map.entry("mistral-v3", Optional.of(ToolCallFormat.MISTRAL)),
            Map.entry("granite-3.3", Optional.of(ToolCallFormat.GRANITE)),
            Map.entry("gemma-2", Optional.empty()),
            Map.entry("phi-3", Optional.empty()),
            Map.entry("llama-2", Optional.empty()),
            Map.entry("gpt-oss", Optional.empty()),
            Map.entry("command-r7b", Optional.empty()));
    expected.forEach(
        (name, format) ->
            assertEquals(
                format,
                ToolCallFormat.detect(templates.get(name).get("template").textValue()),
                name));
  }
}
