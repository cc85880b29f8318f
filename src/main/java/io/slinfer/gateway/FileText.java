package io.slinfer.gateway;

import io.slinfer.model.chat.ChatTemplate;
import io.slinfer.model.chat.ChatTemplateException;
import io.slinfer.model.chat.ChatTemplates;
import io.slinfer.model.gguf.GgufFile;
import io.slinfer.model.gguf.GgufMetadata;
import io.slinfer.model.gguf.GgufWriter;
import io.slinfer.model.tokenizer.Tokenizers;
import io.slinfer.request.ModelId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tokenizer and template of a GGUF file, with tensors or without.
 *
 * @param file the first part
 * @param template a file with the template to use instead; null: the model's own
 */
public record FileText(ModelId id, Path file, Path template) implements TextSource {

  private static final Logger LOG = LoggerFactory.getLogger(FileText.class);
  private static final String TEMPLATE_KEY = "tokenizer.chat_template";
  private static final String SPLIT_PREFIX = "split.";

  @Override
  public ModelText call() throws IOException {
    try (GgufFile open = GgufFile.open(file)) {
      Optional<String> source = templateSource(open.metadata());
      return ModelText.of(
          Tokenizers.of(open.metadata()), compiled(source, open.metadata()), source.orElse(""));
    }
  }

  @Override
  public byte[] pack() throws IOException {
    try (GgufFile open = GgufFile.open(file)) {
      GgufWriter writer = new GgufWriter();
      open.metadata()
          .values()
          .forEach(
              (key, value) -> {
                if (!key.equals(TEMPLATE_KEY) && !key.startsWith(SPLIT_PREFIX)) {
                  writer.put(key, value);
                }
              });
      templateSource(open.metadata()).ifPresent(source -> writer.put(TEMPLATE_KEY, source));
      return writer.withoutTensors();
    }
  }

  /** The configured template, else the file's own. */
  private Optional<String> templateSource(GgufMetadata metadata) throws IOException {
    return template == null
        ? metadata.string(TEMPLATE_KEY)
        : Optional.of(Files.readString(template));
  }

  /** The template of a source, or without one the usual one for the vocabulary. */
  private ChatTemplate compiled(Optional<String> source, GgufMetadata metadata) {
    if (source.isEmpty()) {
      boolean knowsChatMl =
          metadata
              .strings("tokenizer.ggml.tokens")
              .map(tokens -> tokens.contains("<|im_start|>"))
              .orElse(false);
      LOG.info("model {} has no chat template; a general one is used", id);
      return ChatTemplates.fallback(knowsChatMl);
    }
    try {
      return ChatTemplates.compile(source.get());
    } catch (ChatTemplateException broken) {
      LOG.warn("the chat template of {} cannot be used: {}", id, broken.getMessage());
      return (variables, now) -> {
        throw broken;
      };
    }
  }
}
