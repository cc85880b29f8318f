package io.slinfer.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.testing.DemoServer;
import io.slinfer.testing.RefusingServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.document.MetadataMode;
import org.springframework.ai.embedding.EmbeddingResponse;
import org.springframework.ai.openai.OpenAiChatModel;
import org.springframework.ai.openai.OpenAiChatOptions;
import org.springframework.ai.openai.OpenAiEmbeddingModel;
import org.springframework.ai.openai.OpenAiEmbeddingOptions;
import org.springframework.ai.openai.api.OpenAiApi.LogProbs;
import org.springframework.ai.openai.api.ResponseFormat;
import org.springframework.ai.tool.function.FunctionToolCallback;
import reactor.core.Disposable;

/** Spring AI, unchanged: all that it can ask for. */
@Tag("clients")
final class SpringAiMatrixTest {

  private static DemoServer server;
  private static OpenAiChatModel model;
  private static RefusingServer refusing;

  @BeforeAll
  static void start() {
    server = new DemoServer();
    model = SpringAi.chat(server.url(), "none");
    refusing = new RefusingServer();
  }

  @AfterAll
  static void stop() throws Exception {
    server.awaitIdle();
    server.close();
    refusing.awaitIdle();
    refusing.close();
  }

  /** What a tool is asked for. */
  record Place(String location) {}

  @Test
  void callsAToolAndAnswersWithItsResult() {
    for (boolean streamed : new boolean[] {false, true}) {
      List<String> asked = new ArrayList<>();
      FunctionToolCallback<Place, Map<String, String>> tool =
          FunctionToolCallback.builder(
                  "get_weather",
                  (Place place) -> {
                    asked.add(place.location());
                    return Map.of("weather", "sunny");
                  })
              .description("The weather in a city")
              .inputType(Place.class)
              .build();
      Prompt prompt =
          new Prompt(
              "What is the weather in Paris?", options().toolCallbacks(List.of(tool)).build());
      String answer =
          streamed
              ? String.join(
                  "",
                  model.stream(prompt)
                      .mapNotNull(part -> part.getResult().getOutput().getText())
                      .collectList()
                      .block())
              : text(model.call(prompt));
      assertEquals(List.of("Paris"), asked);
      assertTrue(!answer.isEmpty(), answer);
    }
  }

  @Test
  void answersInTheFormOfASchema() {
    String schema =
        "{\"type\":\"object\",\"properties\":{\"color\":{\"enum\":[\"blue\",\"green\"]}},"
            + "\"required\":[\"color\"],\"additionalProperties\":false}";
    ResponseFormat format = new ResponseFormat(ResponseFormat.Type.JSON_SCHEMA, schema);
    String text =
        text(
            model.call(
                new Prompt("What color is the sky?", options().responseFormat(format).build())));
    assertTrue(text.matches("\\{\"color\":\"(blue|green)\"}"), text);
  }

  @Test
  void tellsLogProbabilities() {
    ChatResponse answer =
        model.call(
            new Prompt("What color is the sky?", options().logprobs(true).topLogprobs(2).build()));
    LogProbs logprobs = answer.getResult().getMetadata().get("logprobs");
    StringBuilder text = new StringBuilder();
    logprobs
        .content()
        .forEach(
            token -> {
              text.append(token.token());
              assertEquals(2, token.topLogprobs().size());
            });
    assertEquals(text(answer), text.toString());
  }

  @Test
  void getsThreeChoices() {
    Prompt prompt = new Prompt("Tell me a story.", options().N(3).temperature(1.2).build());
    List<Generation> choices = model.call(prompt).getResults();
    assertEquals(3, choices.size());
    choices.forEach(choice -> assertTrue(!choice.getOutput().getText().isEmpty()));
  }

  @Test
  void embeds() {
    OpenAiEmbeddingModel embeddings =
        new OpenAiEmbeddingModel(
            SpringAi.api(server.url(), "none"),
            MetadataMode.NONE,
            OpenAiEmbeddingOptions.builder().model("demo-chat").build());
    EmbeddingResponse answer = embeddings.embedForResponse(List.of("one", "two"));
    assertEquals(2, answer.getResults().size());
    float squares = 0;
    for (float number : answer.getResults().get(1).getOutput()) {
      squares += number * number;
    }
    assertEquals(1, squares, 1e-4);
  }

  @Test
  void cancelsAStream() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    Prompt prompt =
        new Prompt(
            "Tell me a story.",
            options().maxTokens(400).extraBody(Map.of("ignore_eos", true)).build());
    Disposable stream = model.stream(prompt).subscribe(part -> begun.countDown());
    assertTrue(begun.await(20, TimeUnit.SECONDS));
    stream.dispose();
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
    "demo, 900, 1, sesame, 429, rate_limit_error",
    "demo, a~, 1, sesame, 500, internal_error",
    "broken, hi, 1, sesame, 503, model_loading",
  })
  void tellsErrorsApart(
      String name, String said, double temperature, String key, int status, String word) {
    OpenAiChatOptions.Builder options =
        OpenAiChatOptions.builder().model(name).temperature(temperature);
    if (status == 429) {
      options.httpHeaders(Map.of(RefusingServer.DEADLINE, "1"));
    }
    String message = said.matches("[0-9]+") ? "x".repeat(Integer.parseInt(said)) : said;
    Prompt prompt = new Prompt(message, options.build());
    RuntimeException whole =
        assertThrows(RuntimeException.class, () -> SpringAi.chat(refusing.url(), key).call(prompt));
    assertTrue(whole.getMessage().contains(status + " - "), whole.getMessage());
    assertTrue(whole.getMessage().contains(word), whole.getMessage());
    if (status == 500) {
      return; // a stream has its status before its text
    }
    RuntimeException streamed =
        assertThrows(
            RuntimeException.class,
            () -> SpringAi.chat(refusing.url(), key).stream(prompt).blockLast());
    assertTrue(streamed.getMessage().contains("" + status), streamed.getMessage());
  }

  @Test
  void isToldOfAnErrorInTheMiddleOfAStream() {
    Prompt prompt = new Prompt("abc~", OpenAiChatOptions.builder().model("demo").build());
    StringBuilder text = new StringBuilder();
    assertThrows(
        RuntimeException.class,
        () ->
            SpringAi.chat(refusing.url(), RefusingServer.KEY).stream(prompt)
                .doOnNext(
                    part -> {
                      String piece = part.getResult().getOutput().getText();
                      text.append(piece == null ? "" : piece);
                    })
                .blockLast(Duration.ofSeconds(20)));
    assertEquals("abc", text.toString());
  }

  private static String text(ChatResponse answer) {
    return answer.getResult().getOutput().getText();
  }

  private static OpenAiChatOptions.Builder options() {
    return OpenAiChatOptions.builder().model("demo-chat").temperature(0.0);
  }
}
