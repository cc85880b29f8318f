package io.slinfer.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.errors.RateLimitException;
import com.openai.errors.UnauthorizedException;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.completions.Completion;
import com.openai.models.completions.CompletionCreateParams;
import com.openai.models.models.Model;
import io.slinfer.testing.RawClient;
import io.slinfer.testing.ScriptedEngine.Script;
import io.slinfer.testing.Scripts;
import io.slinfer.testing.TestServer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The official Java client, unchanged. */
@Tag("client")
final class OpenAiJavaTest {

  /** SHA-256 of "sesame". */
  private static final String SETTINGS =
      """
      http:
        api-keys:
          tester: {sha256: d0c04f4b1951e4aeaaec8223ed2039e542f3aae805a6fa7f6d794e5afff5d272}
      devices:
        cpu: {max-waiting: 3}
      """;

  private static TestServer server;
  private static OpenAIClient client;

  @BeforeAll
  static void start() {
    server = new TestServer(SETTINGS, Script.of(Scripts.SMALL, Scripts.echo()), "demo/chat");
    client = client("sesame");
  }

  @AfterAll
  static void stop() throws Exception {
    server.awaitIdle();
    client.close();
    server.close();
  }

  @Test
  void listsAndRetrievesModels() {
    List<Model> models = client.models().list().data();
    assertEquals(1, models.size());
    assertEquals("slinfer", models.getFirst().ownedBy());
    assertEquals("demo/chat", client.models().retrieve("demo/chat").id());
  }

  @Test
  void chats() {
    ChatCompletion answer = client.chat().completions().create(chat("Hello").build());
    ChatCompletion.Choice choice = answer.validate().choices().getFirst();
    assertEquals("Hello", choice.message().content().orElseThrow());
    assertEquals(ChatCompletion.Choice.FinishReason.STOP, choice.finishReason());
    assertEquals(5, answer.usage().orElseThrow().promptTokens());
  }

  @Test
  void streamsAChat() {
    ChatCompletionCreateParams request =
        chat("streamed")
            .streamOptions(ChatCompletionStreamOptions.builder().includeUsage(true).build())
            .build();
    List<ChatCompletionChunk> chunks = new ArrayList<>();
    try (StreamResponse<ChatCompletionChunk> stream =
        client.chat().completions().createStreaming(request)) {
      stream.stream().forEach(chunk -> chunks.add(chunk.validate()));
    }
    StringBuilder text = new StringBuilder();
    chunks.stream()
        .flatMap(chunk -> chunk.choices().stream())
        .forEach(choice -> text.append(choice.delta().content().orElse("")));
    assertEquals("streamed", text.toString());
    assertEquals(9, chunks.getLast().usage().orElseThrow().completionTokens());
    assertEquals(11, chunks.size());
  }

  @Test
  void completesText() {
    CompletionCreateParams request =
        CompletionCreateParams.builder().model("demo/chat").prompt("abc").maxTokens(2).build();
    Completion answer = client.completions().create(request).validate();
    assertEquals("ab", answer.choices().getFirst().text());
    StringBuilder text = new StringBuilder();
    try (StreamResponse<Completion> stream = client.completions().createStreaming(request)) {
      stream.stream().forEach(part -> text.append(part.choices().getFirst().text()));
    }
    assertEquals("ab", text.toString());
  }

  @Test
  void getsTypedErrors() {
    BadRequestException bad =
        assertThrows(
            BadRequestException.class,
            () -> client.chat().completions().create(chat("a").temperature(9.0).build()));
    assertEquals("temperature", bad.param().orElseThrow());
    assertEquals("invalid_request_error", bad.type().orElseThrow());
    NotFoundException missing =
        assertThrows(NotFoundException.class, () -> client.models().retrieve("none"));
    assertEquals("model_not_found", missing.code().orElseThrow());
    BadRequestException tooLong =
        assertThrows(
            BadRequestException.class,
            () -> client.chat().completions().create(chat("x".repeat(2_000)).build()));
    assertEquals("context_length_exceeded", tooLong.code().orElseThrow());
    OpenAIClient stranger = client("wrong");
    UnauthorizedException unknown =
        assertThrows(UnauthorizedException.class, () -> stranger.models().list());
    assertEquals("invalid_api_key", unknown.code().orElseThrow());
    stranger.close();
  }

  @Test
  void seesARefusalAsARateLimit() throws Exception {
    try (TestServer full =
            new TestServer(
                "devices: {cpu: {max-waiting: 1}}",
                Script.of(Scripts.SMALL, Scripts.echo()),
                "demo/chat");
        RawClient occupant = new RawClient(full.port())) {
      full.engine().hold();
      occupant.send(
          RawClient.post("/v1/completions", "{\"model\":\"demo/chat\",\"prompt\":\"first\"}"));
      while (full.engine().loads().isEmpty()) {
        Thread.onSpinWait();
      }
      OpenAIClient impatient = client(full, "any");
      RateLimitException refused =
          assertThrows(
              RateLimitException.class,
              () -> impatient.chat().completions().create(chat("second").build()));
      assertEquals("queue_full", refused.code().orElseThrow());
      impatient.close();
      full.engine().release();
      assertTrue(occupant.readUntil("finish_reason").contains("first"));
    }
  }

  private static OpenAIClient client(String key) {
    return client(server, key);
  }

  private static OpenAIClient client(TestServer to, String key) {
    return OpenAIOkHttpClient.builder().baseUrl(to.url() + "/v1").apiKey(key).maxRetries(0).build();
  }

  private static ChatCompletionCreateParams.Builder chat(String message) {
    return ChatCompletionCreateParams.builder().model("demo/chat").addUserMessage(message);
  }
}
