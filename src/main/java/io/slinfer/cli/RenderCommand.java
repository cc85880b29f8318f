package io.slinfer.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import io.slinfer.model.chat.ChatPrompt;
import io.slinfer.model.chat.ChatTemplate;
import io.slinfer.model.chat.ChatTemplates;
import io.slinfer.model.gguf.GgufFile;
import io.slinfer.model.gguf.GgufMetadata;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Prints the prompt that a chat template makes of the conversation on stdin. */
@Command(
    name = "render",
    description = "Render a chat template: a JSON conversation on stdin, its prompt on stdout.",
    mixinStandardHelpOptions = true)
public final class RenderCommand implements Callable<Integer> {

  /** Where the template comes from: exactly one of the two. */
  private static final class Source {

    @Option(names = "--model", description = "GGUF file whose template to use")
    private Path model;

    @Option(names = "--template", description = "file with a Jinja template")
    private Path template;
  }

  /** A template and the special tokens that its model writes. */
  private record Loaded(ChatTemplate template, String bosToken, String eosToken) {}

  @ArgGroup(multiplicity = "1")
  private Source source;

  @Override
  public Integer call() throws IOException {
    Loaded loaded = source.model != null ? fromModel(source.model) : fromFile(source.template);
    Map<String, Object> input = input(System.in.readAllBytes());
    ChatPrompt prompt =
        new ChatPrompt(
            list(input, "messages", List.of()),
            list(input, "tools", null),
            list(input, "documents", null),
            value(input, "add_generation_prompt", Boolean.class, false),
            kwargs(input));
    Map<String, Object> variables =
        prompt.variables(
            value(input, "bos_token", String.class, loaded.bosToken),
            value(input, "eos_token", String.class, loaded.eosToken));
    String text = loaded.template.render(variables, now(input));
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    out.print(text);
    out.flush();
    return 0;
  }

  private static Loaded fromFile(Path file) throws IOException {
    if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
      throw new IOException(file + ": no such file, or not readable");
    }
    try {
      return new Loaded(ChatTemplates.compile(Files.readString(file)), "", "");
    } catch (CharacterCodingException notText) {
      throw new IOException(file + ": is not UTF-8", notText);
    }
  }

  private static Loaded fromModel(Path file) throws IOException {
    try (GgufFile gguf = GgufFile.open(file)) {
      GgufMetadata metadata = gguf.metadata();
      List<String> vocabulary = metadata.strings("tokenizer.ggml.tokens").orElse(List.of());
      ChatTemplate template =
          metadata
              .string("tokenizer.chat_template")
              .map(ChatTemplates::compile)
              .orElseGet(() -> ChatTemplates.fallback(vocabulary.contains("<|im_start|>")));
      return new Loaded(
          template,
          written(metadata, vocabulary, "tokenizer.ggml.bos_token_id"),
          written(metadata, vocabulary, "tokenizer.ggml.eos_token_id"));
    }
  }

  private static String written(GgufMetadata metadata, List<String> vocabulary, String key) {
    long id = metadata.integer(key).orElse(-1);
    return id >= 0 && id < vocabulary.size() ? vocabulary.get((int) id) : "";
  }

  private static Map<String, Object> input(byte[] json) throws IOException {
    try {
      Map<String, Object> input =
          new ObjectMapper().readValue(json, new TypeReference<Map<String, Object>>() {});
      if (input != null) {
        return input;
      }
    } catch (JsonProcessingException notAnObject) {
      boolean otherJson = notAnObject instanceof MismatchedInputException;
      throw new IOException(
          "stdin is no JSON object" + (otherJson ? "" : ": " + notAnObject.getOriginalMessage()));
    }
    throw new IOException("stdin is no JSON object");
  }

  private static List<?> list(Map<String, Object> input, String key, List<?> fallback) {
    return value(input, key, List.class, fallback);
  }

  @SuppressWarnings("unchecked") // a JSON object's keys are strings
  private static Map<String, Object> kwargs(Map<String, Object> input) {
    return value(input, "kwargs", Map.class, Map.of());
  }

  private static LocalDateTime now(Map<String, Object> input) {
    String now = value(input, "now", String.class, null);
    if (now == null) {
      return LocalDateTime.now();
    }
    try {
      return LocalDateTime.parse(now.replace(' ', 'T'));
    } catch (DateTimeParseException notTime) {
      throw new IllegalArgumentException(
          "stdin: now is '" + now + "'; allowed: a local time such as 2026-03-09T14:05:06");
    }
  }

  private static <T> T value(Map<String, Object> input, String key, Class<T> type, T fallback) {
    Object value = input.get(key);
    if (value == null) {
      return fallback;
    }
    if (!type.isInstance(value)) {
      throw new IllegalArgumentException("stdin: " + key + " must be a JSON " + jsonName(type));
    }
    return type.cast(value);
  }

  private static String jsonName(Class<?> type) {
    return type == List.class ? "array" : type == Map.class ? "object" : type.getSimpleName();
  }
}
