package io.slinfer.gateway;

import io.slinfer.model.chat.ChatTemplate;
import io.slinfer.model.tokenizer.Tokenizer;
import java.util.stream.IntStream;

/**
 * What turns prompts into a model's tokens and its tokens into text. Immutable but for the cache of
 * its rules; safe for any thread.
 *
 * @param template null if the model has none
 * @param endTokens the tokens that end a generation
 * @param style what its answers look like
 * @param rules the grammars compiled for its vocabulary
 */
public record ModelText(
    Tokenizer tokenizer,
    ChatTemplate template,
    int[] endTokens,
    AnswerStyle style,
    CompiledRules rules) {

  /** With the end tokens that the tokenizer names, and answers that are plain text. */
  public static ModelText of(Tokenizer tokenizer, ChatTemplate template) {
    return of(tokenizer, template, AnswerStyle.PLAIN);
  }

  /**
   * With the end tokens that the tokenizer names.
   *
   * @param templateSource tells what answers look like
   */
  public static ModelText of(Tokenizer tokenizer, ChatTemplate template, String templateSource) {
    return of(tokenizer, template, AnswerStyle.of(templateSource, tokenizer));
  }

  private static ModelText of(Tokenizer tokenizer, ChatTemplate template, AnswerStyle style) {
    int[] endTokens =
        IntStream.range(0, tokenizer.vocabularySize()).filter(tokenizer::endsGeneration).toArray();
    return new ModelText(tokenizer, template, endTokens, style, new CompiledRules(tokenizer));
  }
}
