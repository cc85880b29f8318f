package io.slinfer.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.slinfer.testing.DemoServer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.openai.OpenAiChatOptions;

/** One round trip of Spring AI, unchanged; the rest of it is in {@link SpringAiMatrixTest}. */
@Tag("client")
final class SpringAiTest {

  @Test
  void chatsWholeAndStreamed() {
    try (DemoServer server = new DemoServer()) {
      ChatModel model = SpringAi.chat(server.url(), "none");
      Prompt prompt =
          new Prompt(
              "What color is the sky?",
              OpenAiChatOptions.builder().model("demo-chat").temperature(0.0).build());
      String whole = model.call(prompt).getResult().getOutput().getText();
      String streamed =
          model.stream(prompt)
              .mapNotNull(part -> part.getResult().getOutput().getText())
              .collectList()
              .map(pieces -> String.join("", pieces))
              .block();
      assertEquals(whole, streamed);
    }
  }
}
