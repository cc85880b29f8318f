package io.slinfer.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.FunctionDefinition;
import com.openai.models.FunctionParameters;
import com.openai.models.ResponseFormatJsonSchema;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionFunctionTool;
import com.openai.models.chat.completions.ChatCompletionMessageFunctionToolCall;
import com.openai.models.chat.completions.ChatCompletionNamedToolChoice;
import com.openai.models.chat.completions.ChatCompletionToolChoiceOption;
import com.openai.models.chat.completions.ChatCompletionToolMessageParam;
import com.openai.models.completions.Completion;
import com.openai.models.completions.CompletionCreateParams;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.embeddings.EmbeddingCreateParams.EncodingFormat;
import io.slinfer.testing.DemoServer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the official Java client can ask for beyond plain answers, from the demo models. */
@Tag("client")
final class OpenAiJavaMatrixTest {

  private static DemoServer server;
  private static OpenAIClient client;

  @BeforeAll
  static void start() {
    server = new DemoServer();
    client = OpenAIOkHttpClient.builder().baseUrl(server.url() + "/v1").apiKey("none").build();
  }

  @AfterAll
  static void stop() {
    client.close();
    server.close();
  }

  @Test
  void callsAToolAndAnswersWithItsResult() {
    ChatCompletionCreateParams.Builder conversation =
        chat("What is the weather in Paris?").addTool(weather());
    ChatCompletion first = client.chat().completions().create(conversation.build()).validate();
    ChatCompletion.Choice choice = first.choices().getFirst();
    assertEquals(ChatCompletion.Choice.FinishReason.TOOL_CALLS, choice.finishReason());
    ChatCompletionMessageFunctionToolCall call =
        choice.message().toolCalls().orElseThrow().getFirst().asFunction();
    assertEquals("get_weather", call.function().name());
    assertTrue(call.function().arguments().contains("Paris"), call.function().arguments());
    conversation
        .addMessage(choice.message())
        .addMessage(
            ChatCompletionToolMessageParam.builder()
                .toolCallId(call.id())
                .content("{\"weather\": \"sunny\"}")
                .build());
    ChatCompletion second = client.chat().completions().create(conversation.build()).validate();
    assertTrue(
        second.usage().orElseThrow().promptTokens() > first.usage().orElseThrow().promptTokens());
    assertFalse(second.choices().getFirst().message().content().orElse("").isEmpty());
  }

  @Test
  void streamsTheCallThatItIsToldToMake() {
    ChatCompletionCreateParams request =
        chat("Hello!")
            .addTool(weather())
            .toolChoice(
                ChatCompletionToolChoiceOption.ofNamedToolChoice(
                    ChatCompletionNamedToolChoice.builder()
                        .function(
                            ChatCompletionNamedToolChoice.Function.builder()
                                .name("get_weather")
                                .build())
                        .build()))
            .build();
    ChatCompletionAccumulator whole = ChatCompletionAccumulator.create();
    try (StreamResponse<ChatCompletionChunk> stream =
        client.chat().completions().createStreaming(request)) {
      stream.stream().forEach(chunk -> whole.accumulate(chunk.validate()));
    }
    ChatCompletion.Choice choice = whole.chatCompletion().choices().getFirst();
    assertEquals(ChatCompletion.Choice.FinishReason.TOOL_CALLS, choice.finishReason());
    ChatCompletionMessageFunctionToolCall call =
        choice.message().toolCalls().orElseThrow().getFirst().asFunction();
    assertTrue(call.id().startsWith("call_"));
    assertTrue(
        call.function().arguments().matches("\\{\\s*\"city\":\\s*\"[^\"]*\"\\s*}"),
        call.function().arguments());
  }

  @Test
  void offersNoToolsWhereNoneMayBeCalled() {
    ChatCompletion answer =
        client
            .chat()
            .completions()
            .create(
                chat("What is the weather in Paris?")
                    .addTool(weather())
                    .toolChoice(ChatCompletionToolChoiceOption.Auto.NONE)
                    .build());
    assertTrue(answer.choices().getFirst().message().toolCalls().isEmpty());
    long plain =
        client
            .chat()
            .completions()
            .create(chat("What is the weather in Paris?").build())
            .usage()
            .orElseThrow()
            .promptTokens();
    assertEquals(plain, answer.usage().orElseThrow().promptTokens());
  }

  @Test
  void answersInTheFormOfASchema() {
    Map<String, Object> schema =
        Map.of(
            "type",
            "object",
            "properties",
            Map.of("color", Map.of("type", "string", "enum", List.of("blue", "green"))),
            "required",
            List.of("color"),
            "additionalProperties",
            false);
    ResponseFormatJsonSchema format =
        ResponseFormatJsonSchema.builder()
            .jsonSchema(
                ResponseFormatJsonSchema.JsonSchema.builder()
                    .name("sky")
                    .strict(true)
                    .schema(
                        ResponseFormatJsonSchema.JsonSchema.Schema.builder()
                            .putAllAdditionalProperties(values(schema))
                            .build())
                    .build())
            .build();
    ChatCompletion answer =
        client
            .chat()
            .completions()
            .create(chat("What color is the sky?").responseFormat(format).build())
            .validate();
    String text = answer.choices().getFirst().message().content().orElseThrow();
    assertTrue(text.matches("\\{\"color\":\"(blue|green)\"}"), text);
  }

  @Test
  void tellsLogProbabilities() {
    ChatCompletion answer =
        client
            .chat()
            .completions()
            .create(chat("What color is the sky?").logprobs(true).topLogprobs(3).build())
            .validate();
    ChatCompletion.Choice choice = answer.choices().getFirst();
    StringBuilder text = new StringBuilder();
    choice
        .logprobs()
        .orElseThrow()
        .content()
        .orElseThrow()
        .forEach(
            token -> {
              text.append(token.token());
              assertEquals(3, token.topLogprobs().size());
              assertEquals(token.logprob(), token.topLogprobs().getFirst().logprob(), "greedy");
            });
    assertEquals(choice.message().content().orElseThrow(), text.toString());
    Completion completion =
        client
            .completions()
            .create(
                CompletionCreateParams.builder()
                    .model("demo-story")
                    .prompt("Once upon")
                    .maxTokens(5)
                    .logprobs(2)
                    .build())
            .validate();
    var logprobs = completion.choices().getFirst().logprobs().orElseThrow();
    assertEquals(5, logprobs.tokens().orElseThrow().size());
    assertEquals(
        completion.choices().getFirst().text(), String.join("", logprobs.tokens().orElseThrow()));
    assertEquals(0, logprobs.textOffset().orElseThrow().getFirst());
  }

  @Test
  void streamsThreeChoicesThatASeedDecides() {
    ChatCompletionCreateParams request =
        chat("Tell me a story.")
            .n(3)
            .putAdditionalBodyProperty("seed", JsonValue.from(11))
            .temperature(1.5)
            .maxCompletionTokens(12)
            .build();
    List<String> streamed = new ArrayList<>(List.of("", "", ""));
    Set<Long> ended = new HashSet<>();
    try (StreamResponse<ChatCompletionChunk> stream =
        client.chat().completions().createStreaming(request)) {
      stream.stream()
          .flatMap(chunk -> chunk.validate().choices().stream())
          .forEach(
              choice -> {
                int index = Math.toIntExact(choice.index());
                streamed.set(index, streamed.get(index) + choice.delta().content().orElse(""));
                choice.finishReason().ifPresent(reason -> ended.add(choice.index()));
              });
    }
    assertEquals(Set.of(0L, 1L, 2L), ended);
    ChatCompletion whole = client.chat().completions().create(request).validate();
    assertEquals(
        streamed,
        whole.choices().stream().map(choice -> choice.message().content().orElse("")).toList());
    assertNotEquals(streamed.get(0), streamed.get(1));
    ChatCompletion alone =
        client.chat().completions().create(request.toBuilder().n(1).build()).validate();
    assertEquals(streamed.getFirst(), alone.choices().getFirst().message().content().orElseThrow());
  }

  @Test
  void choosesTheBestOfSeveral() {
    CompletionCreateParams.Builder request =
        CompletionCreateParams.builder()
            .model("demo-story")
            .prompt("The")
            .maxTokens(6)
            .temperature(1.5)
            .seed(3)
            .logprobs(0);
    double best = -1e9;
    Completion all = client.completions().create(request.n(4).build());
    for (var choice : all.choices()) {
      best = Math.max(best, mean(choice.logprobs().orElseThrow().tokenLogprobs().orElseThrow()));
    }
    Completion chosen = client.completions().create(request.n(1).bestOf(4).build());
    assertEquals(1, chosen.choices().size());
    assertEquals(
        best,
        mean(chosen.choices().getFirst().logprobs().orElseThrow().tokenLogprobs().orElseThrow()),
        1e-6);
    assertEquals(
        all.usage().orElseThrow().completionTokens(),
        chosen.usage().orElseThrow().completionTokens());
  }

  @Test
  void penaltiesAndBiasChangeTheAnswer() {
    String free = content(chat("What color is the sky?"));
    assertEquals(free, content(chat("What color is the sky?").presencePenalty(0)));
    String biased =
        content(
            chat("What color is the sky?")
                .maxCompletionTokens(6)
                .putAdditionalBodyProperty("logit_bias", JsonValue.from(Map.of("5", 100))));
    assertEquals(1, biased.chars().distinct().count(), biased);
    String repeated =
        content(
            chat("What color is the sky?")
                .maxCompletionTokens(6)
                .frequencyPenalty(2)
                .putAdditionalBodyProperty("logit_bias", JsonValue.from(Map.of("5", 1)))
                .putAdditionalBodyProperty("repetition_penalty", JsonValue.from(1.3)));
    assertNotEquals(biased, repeated);
  }

  @Test
  void refusesWithTheFieldAndWhatIsAllowed() {
    BadRequestException schema =
        assertThrows(
            BadRequestException.class,
            () ->
                client
                    .chat()
                    .completions()
                    .create(
                        chat("a")
                            .n(2)
                            .putAdditionalBodyProperty("grammar", JsonValue.from("root ::= ("))
                            .build()));
    assertEquals("grammar", schema.param().orElseThrow());
    BadRequestException choice =
        assertThrows(
            BadRequestException.class,
            () ->
                client
                    .chat()
                    .completions()
                    .create(
                        chat("a")
                            .toolChoice(ChatCompletionToolChoiceOption.Auto.REQUIRED)
                            .build()));
    assertEquals("tool_choice", choice.param().orElseThrow());
  }

  @Test
  void embedsInBothEncodings() {
    EmbeddingCreateParams.Builder request =
        EmbeddingCreateParams.builder().model("demo-chat").inputOfArrayOfStrings(List.of("a", "b"));
    List<List<Float>> plain = vectors(request.encodingFormat(EncodingFormat.FLOAT).build());
    assertEquals(2, plain.size());
    assertEquals(plain, vectors(request.encodingFormat(EncodingFormat.BASE64).build()));
  }

  private static List<List<Float>> vectors(EmbeddingCreateParams request) {
    return client.embeddings().create(request).validate().data().stream()
        .map(each -> each.embedding())
        .toList();
  }

  @Test
  void freesWhatACancelledStreamHeld() throws Exception {
    ChatCompletionCreateParams request =
        chat("Tell me a story.")
            .putAdditionalBodyProperty("ignore_eos", JsonValue.from(true))
            .build();
    try (StreamResponse<ChatCompletionChunk> stream =
        client.chat().completions().createStreaming(request)) {
      assertTrue(stream.stream().findFirst().isPresent());
    }
    server.awaitIdle();
  }

  private static String content(ChatCompletionCreateParams.Builder request) {
    return client
        .chat()
        .completions()
        .create(request.build())
        .choices()
        .getFirst()
        .message()
        .content()
        .orElseThrow();
  }

  private static double mean(List<Double> numbers) {
    return numbers.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
  }

  private static Map<String, JsonValue> values(Map<String, Object> plain) {
    Map<String, JsonValue> values = new java.util.HashMap<>();
    plain.forEach((key, value) -> values.put(key, JsonValue.from(value)));
    return values;
  }

  private static ChatCompletionFunctionTool weather() {
    Map<String, Object> parameters =
        Map.of(
            "type",
            "object",
            "properties",
            Map.of("city", Map.of("type", "string", "maxLength", 20)),
            "required",
            List.of("city"),
            "additionalProperties",
            false);
    return ChatCompletionFunctionTool.builder()
        .function(
            FunctionDefinition.builder()
                .name("get_weather")
                .parameters(
                    FunctionParameters.builder()
                        .putAllAdditionalProperties(values(parameters))
                        .build())
                .build())
        .build();
  }

  private static ChatCompletionCreateParams.Builder chat(String message) {
    return ChatCompletionCreateParams.builder()
        .model("demo-chat")
        .addUserMessage(message)
        .temperature(0.0);
  }
}
