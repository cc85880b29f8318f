package io.slinfer.clients;

import org.springframework.ai.openai.OpenAiChatModel;
import org.springframework.ai.openai.api.OpenAiApi;
import org.springframework.retry.support.RetryTemplate;

/** Spring AI's models as an application makes them, but for retries. */
final class SpringAi {

  private SpringAi() {}

  static OpenAiApi api(String url, String key) {
    return OpenAiApi.builder().baseUrl(url).apiKey(key).build();
  }

  static OpenAiChatModel chat(String url, String key) {
    return OpenAiChatModel.builder().openAiApi(api(url, key)).retryTemplate(once()).build();
  }

  static RetryTemplate once() {
    return RetryTemplate.builder().maxAttempts(1).build();
  }
}
