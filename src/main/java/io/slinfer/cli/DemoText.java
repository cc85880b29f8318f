package io.slinfer.cli;

import io.slinfer.config.Settings;
import io.slinfer.config.SettingsException;
import io.slinfer.engine.emulated.MadeUpTokens;
import io.slinfer.gateway.FileText;
import io.slinfer.gateway.ModelText;
import io.slinfer.gateway.TextSource;
import io.slinfer.model.chat.ChatTemplate;
import io.slinfer.model.chat.ChatTemplates;
import io.slinfer.model.gguf.GgufFile;
import io.slinfer.model.tokenizer.Tokenizer;
import io.slinfer.model.tokenizer.Tokenizers;
import io.slinfer.request.ModelId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** The tokenizer and template of the bundled demo model, which emulated models speak with. */
final class DemoText {

  private static final Pattern WORD = Pattern.compile(" [a-z]{2,}");

  private DemoText() {}

  /**
   * What is read already.
   *
   * @param text shared by all emulated models
   */
  record Source(ModelText text) implements TextSource {

    @Override
    public ModelText call() {
      return text;
    }

    @Override
    public byte[] pack() throws IOException {
      return new FileText(new ModelId("demo-chat"), file(), null).pack();
    }
  }

  private static Path file() {
    return Settings.home().resolve("models").resolve("demo-chat.gguf");
  }

  static ModelText read() {
    Path file = file();
    try (GgufFile open = GgufFile.open(file)) {
      Optional<String> source = open.metadata().string("tokenizer.chat_template");
      ChatTemplate template =
          source.map(ChatTemplates::compile).orElseGet(() -> ChatTemplates.fallback(true));
      return ModelText.of(Tokenizers.of(open.metadata()), template, source.orElse(""));
    } catch (IOException failure) {
      throw new SettingsException(
          "emulated devices take their words from " + file + ": " + failure.getMessage());
    }
  }

  /**
   * Made-up answers of whole lower-case words.
   *
   * @param answerTokens mean length of an answer; 0 never ends one
   */
  static MadeUpTokens words(ModelText text, int answerTokens) {
    Tokenizer tokenizer = text.tokenizer();
    int[] words =
        IntStream.range(0, tokenizer.vocabularySize())
            .filter(
                token ->
                    WORD.matcher(new String(tokenizer.piece(token, false), StandardCharsets.UTF_8))
                        .matches())
            .toArray();
    return new MadeUpTokens(tokenizer.vocabularySize(), words, text.endTokens()[0], answerTokens);
  }
}
