package io.slinfer.gateway;

import io.slinfer.model.chat.ChatTemplate;
import io.slinfer.model.tokenizer.Tokenizer;
import java.util.stream.IntStream;

/**
 * What turns prompts into a model's tokens and its tokens into text. Immutable; safe for any
 * thread.
 *
 * @param template null if the model has none
 * @param endTokens the tokens that end a generation
 */
public record ModelText(Tokenizer tokenizer, ChatTemplate template, int[] endTokens) {

  /** With the end tokens that the tokenizer names. */
  public static ModelText of(Tokenizer tokenizer, ChatTemplate template) {
    int[] endTokens =
        IntStream.range(0, tokenizer.vocabularySize()).filter(tokenizer::endsGeneration).toArray();
    return new ModelText(tokenizer, template, endTokens);
  }
}
