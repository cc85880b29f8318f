package io.slinfer.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.OpenAIServiceException;
import com.openai.errors.SseException;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import io.slinfer.testing.RefusingServer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The errors that the official Java client tells apart. */
@Tag("clients")
final class OpenAiJavaErrorsTest {

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
      String model, String said, double temperature, String key, int status, String word)
      throws Exception {
    String message = said.matches("[0-9]+") ? "x".repeat(Integer.parseInt(said)) : said;
    ChatCompletionCreateParams.Builder request =
        ChatCompletionCreateParams.builder()
            .model(model)
            .addUserMessage(message)
            .temperature(temperature);
    if (status == 429) {
      request.putAdditionalHeader(RefusingServer.DEADLINE, "1");
    }
    try (RefusingServer refusing = new RefusingServer()) {
      OpenAIClient asking =
          OpenAIOkHttpClient.builder()
              .baseUrl(refusing.url() + "/v1")
              .apiKey(key)
              .maxRetries(0)
              .build();
      OpenAIServiceException whole =
          assertThrows(
              OpenAIServiceException.class,
              () -> asking.chat().completions().create(request.build()));
      assertEquals(status, whole.statusCode());
      assertTrue(whole.code().orElse(whole.param().orElse("")).equals(word), whole.toString());
      OpenAIServiceException streamed =
          assertThrows(
              OpenAIServiceException.class,
              () -> {
                try (StreamResponse<ChatCompletionChunk> stream =
                    asking.chat().completions().createStreaming(request.build())) {
                  stream.stream().forEach(ChatCompletionChunk::validate);
                }
              });
      assertEquals(whole.code(), streamed.code());
      asking.close();
      refusing.awaitIdle();
    }
  }

  @Test
  void raisesAnErrorInTheMiddleOfAStream() throws Exception {
    try (RefusingServer refusing = new RefusingServer()) {
      OpenAIClient asking =
          OpenAIOkHttpClient.builder()
              .baseUrl(refusing.url() + "/v1")
              .apiKey(RefusingServer.KEY)
              .maxRetries(0)
              .build();
      StringBuilder text = new StringBuilder();
      SseException broken =
          assertThrows(
              SseException.class,
              () -> {
                try (StreamResponse<ChatCompletionChunk> stream =
                    asking
                        .chat()
                        .completions()
                        .createStreaming(
                            ChatCompletionCreateParams.builder()
                                .model("demo")
                                .addUserMessage("abc~")
                                .build())) {
                  stream.stream()
                      .flatMap(chunk -> chunk.choices().stream())
                      .forEach(choice -> text.append(choice.delta().content().orElse("")));
                }
              });
      assertEquals("abc", text.toString());
      assertEquals("internal_error", broken.code().orElseThrow());
      asking.close();
    }
  }
}
