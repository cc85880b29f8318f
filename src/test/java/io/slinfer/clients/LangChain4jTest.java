package io.slinfer.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.langchain4j.exception.ModelNotFoundException;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiEmbeddingModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import io.slinfer.testing.ScriptedEngine.Script;
import io.slinfer.testing.Scripts;
import io.slinfer.testing.TestServer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** LangChain4j, unchanged, over the JDK's own HTTP client with its upgrade to HTTP/2. */
@Tag("client")
final class LangChain4jTest {

  private static TestServer server;

  @BeforeAll
  static void start() {
    server = new TestServer("", Script.of(Scripts.SMALL, Scripts.echo()), "demo-chat");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void chats() {
    assertEquals("Hello", model("demo-chat").chat("Hello"));
  }

  @Test
  void streams() throws Exception {
    OpenAiStreamingChatModel model =
        OpenAiStreamingChatModel.builder()
            .baseUrl(server.url() + "/v1")
            .apiKey("any")
            .modelName("demo-chat")
            .build();
    StringBuilder text = new StringBuilder();
    CompletableFuture<ChatResponse> whole = new CompletableFuture<>();
    model.chat(
        "Hello",
        new StreamingChatResponseHandler() {
          @Override
          public void onPartialResponse(String piece) {
            text.append(piece);
          }

          @Override
          public void onCompleteResponse(ChatResponse response) {
            whole.complete(response);
          }

          @Override
          public void onError(Throwable failure) {
            whole.completeExceptionally(failure);
          }
        });
    assertEquals("Hello", whole.get(20, TimeUnit.SECONDS).aiMessage().text());
    assertEquals("Hello", text.toString());
    assertEquals(6, whole.get().tokenUsage().outputTokenCount());
  }

  @Test
  void embeds() {
    OpenAiEmbeddingModel model =
        OpenAiEmbeddingModel.builder()
            .baseUrl(server.url() + "/v1")
            .apiKey("any")
            .modelName("demo-chat")
            .dimensions(2)
            .build();
    assertEquals(0.8f, model.embed("x").content().vector()[1]);
  }

  @Test
  void tellsThatThereIsNoSuchModel() {
    assertThrows(ModelNotFoundException.class, () -> model("nobody").chat("Hello"));
  }

  private static OpenAiChatModel model(String name) {
    return OpenAiChatModel.builder()
        .baseUrl(server.url() + "/v1")
        .apiKey("any")
        .modelName(name)
        .maxRetries(0)
        .build();
  }
}
