package io.slinfer.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.exception.HttpException;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.LogProb;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiChatResponseMetadata;
import dev.langchain4j.model.openai.OpenAiEmbeddingModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import io.slinfer.testing.DemoServer;
import io.slinfer.testing.RefusingServer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** LangChain4j, unchanged: all that it can ask for; it has no way to ask for several choices. */
@Tag("clients")
final class LangChain4jMatrixTest {

  private static final ToolSpecification WEATHER =
      ToolSpecification.builder()
          .name("get_weather")
          .description("The weather in a city")
          .parameters(
              JsonObjectSchema.builder().addStringProperty("location").required("location").build())
          .build();

  private static DemoServer server;
  private static RefusingServer refusing;

  @BeforeAll
  static void start() {
    server = new DemoServer();
    refusing = new RefusingServer();
  }

  @AfterAll
  static void stop() throws Exception {
    server.awaitIdle();
    server.close();
    refusing.awaitIdle();
    refusing.close();
  }

  @Test
  void callsAToolAndAnswersWithItsResult() throws Exception {
    UserMessage question = UserMessage.from("What is the weather in Paris?");
    ChatRequest first =
        ChatRequest.builder().messages(question).toolSpecifications(WEATHER).build();
    for (ChatResponse answer :
        List.of(model().build().chat(first), streamed(streaming(), first, new Collector()))) {
      ToolExecutionRequest call = answer.aiMessage().toolExecutionRequests().getFirst();
      assertEquals("get_weather", call.name());
      assertTrue(call.arguments().contains("Paris"), call.arguments());
      ChatRequest second =
          ChatRequest.builder()
              .messages(
                  question, answer.aiMessage(), ToolExecutionResultMessage.from(call, "sunny"))
              .toolSpecifications(WEATHER)
              .build();
      assertFalse(model().build().chat(second).aiMessage().text().isEmpty());
    }
  }

  @Test
  void answersInTheFormOfASchema() {
    ResponseFormat format =
        ResponseFormat.builder()
            .type(ResponseFormatType.JSON)
            .jsonSchema(
                JsonSchema.builder()
                    .name("sky")
                    .rootElement(
                        JsonObjectSchema.builder()
                            .addEnumProperty("color", List.of("blue", "green"))
                            .required("color")
                            .build())
                    .build())
            .build();
    ChatRequest request =
        ChatRequest.builder()
            .messages(UserMessage.from("What color is the sky?"))
            .responseFormat(format)
            .build();
    String text = model().strictJsonSchema(true).build().chat(request).aiMessage().text();
    assertTrue(text.matches("\\{\"color\":\"(blue|green)\"}"), text);
  }

  @Test
  void tellsLogProbabilities() {
    ChatResponse answer =
        model()
            .logprobs(true)
            .topLogprobs(2)
            .build()
            .chat(UserMessage.from("What color is the sky?"));
    List<LogProb> tokens =
        assertInstanceOf(OpenAiChatResponseMetadata.class, answer.metadata()).logProbs();
    assertEquals(
        answer.aiMessage().text(),
        tokens.stream().map(LogProb::token).collect(Collectors.joining()));
    tokens.forEach(token -> assertEquals(2, token.topLogprobs().size()));
  }

  @Test
  void embedsSeveralTexts() {
    OpenAiEmbeddingModel embeddings =
        OpenAiEmbeddingModel.builder()
            .baseUrl(server.url() + "/v1")
            .apiKey("any")
            .modelName("demo-chat")
            .build();
    assertEquals(
        2,
        embeddings
            .embedAll(List.of(TextSegment.from("one"), TextSegment.from("two")))
            .content()
            .size());
  }

  @Test
  void cancelsAStream() throws Exception {
    CompletableFuture<Void> cancelled = new CompletableFuture<>();
    OpenAiStreamingChatModel.builder()
        .baseUrl(server.url() + "/v1")
        .apiKey("any")
        .modelName("demo-chat")
        .customParameters(Map.of("ignore_eos", true))
        .build()
        .chat(
            ChatRequest.builder().messages(UserMessage.from("Tell me a story.")).build(),
            new Collector() {
              @Override
              public void onPartialResponse(PartialResponse part, PartialResponseContext context) {
                context.streamingHandle().cancel();
                cancelled.complete(null);
              }
            });
    cancelled.get(20, TimeUnit.SECONDS);
    server.awaitIdle();
  }

  @ParameterizedTest
  @CsvSource({
    "demo, hi, 9, sesame, 400, temperature",
    "demo, 2000, 1, sesame, 400, context_length_exceeded",
    "demo, hi, 1, wrong, 401, invalid_api_key",
    "other, hi, 1, key-one, 403, model_not_allowed",
    "nobody, hi, 1, sesame, 404, model_not_found",
    "demo, 30000, 1, sesame, 413, body_too_large",
    "demo, 900, 1, sesame, 429, deadline_impossible",
    "demo, ~, 1, sesame, 500, internal_error",
    "broken, hi, 1, sesame, 503, model_loading",
  })
  void tellsErrorsApart(
      String name, String said, double temperature, String key, int status, String word) {
    String message = said.matches("[0-9]+") ? "x".repeat(Integer.parseInt(said)) : said;
    Map<String, String> headers = status == 429 ? Map.of(RefusingServer.DEADLINE, "1") : Map.of();
    OpenAiChatModel whole =
        OpenAiChatModel.builder()
            .baseUrl(refusing.url() + "/v1")
            .apiKey(key)
            .modelName(name)
            .temperature(temperature)
            .customHeaders(headers)
            .maxRetries(0)
            .build();
    refusal(assertThrows(RuntimeException.class, () -> whole.chat(message)), status, word);
    OpenAiStreamingChatModel stream =
        OpenAiStreamingChatModel.builder()
            .baseUrl(refusing.url() + "/v1")
            .apiKey(key)
            .modelName(name)
            .temperature(temperature)
            .customHeaders(headers)
            .build();
    ChatRequest request = ChatRequest.builder().messages(UserMessage.from(message)).build();
    ExecutionException streamed =
        assertThrows(ExecutionException.class, () -> streamed(stream, request, new Collector()));
    refusal(streamed.getCause(), status, word);
  }

  @Test
  void isToldOfAnErrorInTheMiddleOfAStream() {
    OpenAiStreamingChatModel stream =
        OpenAiStreamingChatModel.builder()
            .baseUrl(refusing.url() + "/v1")
            .apiKey(RefusingServer.KEY)
            .modelName("demo")
            .build();
    Collector collector = new Collector();
    ChatRequest request = ChatRequest.builder().messages(UserMessage.from("abc~")).build();
    ExecutionException broken =
        assertThrows(ExecutionException.class, () -> streamed(stream, request, collector));
    assertTrue(broken.getMessage().contains("broken logits"), broken.getMessage());
    assertEquals("abc", collector.text.toString());
  }

  private static void refusal(Throwable failure, int status, String word) {
    HttpException http = assertInstanceOf(HttpException.class, failure.getCause());
    assertEquals(status, http.statusCode());
    assertTrue(http.getMessage().contains(word), http.getMessage());
  }

  private static ChatResponse streamed(
      OpenAiStreamingChatModel model, ChatRequest request, Collector collector) throws Exception {
    model.chat(request, collector);
    return collector.whole.get(60, TimeUnit.SECONDS);
  }

  private static OpenAiChatModel.OpenAiChatModelBuilder model() {
    return OpenAiChatModel.builder()
        .baseUrl(server.url() + "/v1")
        .apiKey("any")
        .modelName("demo-chat")
        .temperature(0.0)
        .maxRetries(0);
  }

  private static OpenAiStreamingChatModel streaming() {
    return OpenAiStreamingChatModel.builder()
        .baseUrl(server.url() + "/v1")
        .apiKey("any")
        .modelName("demo-chat")
        .temperature(0.0)
        .build();
  }

  /** Collects a stream. */
  private static class Collector implements StreamingChatResponseHandler {

    final StringBuilder text = new StringBuilder();
    final CompletableFuture<ChatResponse> whole = new CompletableFuture<>();

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
  }
}
