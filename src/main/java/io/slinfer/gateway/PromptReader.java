package io.slinfer.gateway;

import io.slinfer.model.chat.ChatPrompt;
import io.slinfer.model.chat.ChatTemplateException;
import io.slinfer.model.tokenizer.Tokenizer;
import io.slinfer.request.Failure;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Turns prompts into token ids, on the event loop when they are short, else on a worker. */
final class PromptReader {

  /** Texts up to this long are tokenised where they are: far below a millisecond. */
  private static final int SHORT_CHARACTERS = 4_096;

  private PromptReader() {}

  /** Ids, or why there are none. */
  sealed interface Answer {

    /**
     * At least one token, all in the vocabulary.
     *
     * @param insideReasoning whether the answer begins within the model's reasoning
     */
    record Ids(int[] ids, boolean insideReasoning) implements Answer {}

    record Refused(Failure failure) implements Answer {}
  }

  static Future<Answer> read(Context context, ModelText text, Prompt prompt) {
    return characters(prompt) <= SHORT_CHARACTERS
        ? Future.succeededFuture(readNow(text, prompt))
        : context.executeBlocking(() -> readNow(text, prompt), false);
  }

  /** As {@link #read}, on the calling thread. */
  static Answer readNow(ModelText text, Prompt prompt) {
    return switch (prompt) {
      case Prompt.Tokens tokens -> checked(text.tokenizer(), tokens.ids());
      case Prompt.Text(String plain) -> readPlain(text, plain);
      case Prompt.Beginning(String plain) -> readPlain(text, plain);
      case Prompt.Infill(String before, String after) ->
          InfillPrompt.of(text.tokenizer(), before, after)
              .map(ids -> checked(text.tokenizer(), ids))
              .orElseGet(
                  () ->
                      new Answer.Refused(
                          new Failure.Invalid(
                              "This model has no tokens for filling in the middle, so `suffix`"
                                  + " cannot be used.",
                              "suffix",
                              null)));
      case Prompt.Chat chat -> readChat(text, chat);
    };
  }

  private static Answer readPlain(ModelText text, String plain) {
    return checked(text.tokenizer(), text.tokenizer().encode(plain, true, true));
  }

  /** The first tokens of a prompt; an end of sequence stays its end. */
  static int[] beginning(Tokenizer tokenizer, int[] ids, int most) {
    if (ids.length <= most || most < 1) {
      return ids;
    }
    int[] beginning = Arrays.copyOf(ids, most);
    int last = ids[ids.length - 1];
    if (last == tokenizer.endOfSequence()) {
      beginning[most - 1] = last;
    }
    return beginning;
  }

  private static Answer readChat(ModelText text, Prompt.Chat chat) {
    try {
      Tokenizer tokenizer = text.tokenizer();
      String rendered = rendered(text, chat);
      boolean inside =
          text.style().reasoning().map(markers -> markers.endsInside(rendered)).orElse(false);
      Answer answer = checked(tokenizer, tokenizer.encode(rendered, false, true));
      return answer instanceof Answer.Ids(int[] ids, boolean _)
          ? new Answer.Ids(ids, inside)
          : answer;
    } catch (RefusedException refusal) {
      return new Answer.Refused(refusal.failure());
    }
  }

  /** The text that the model's template makes of a conversation. */
  static String rendered(ModelText text, Prompt.Chat chat) throws RefusedException {
    if (text.template() == null) {
      throw new RefusedException(
          new Failure.Invalid(
              "This model has no chat template; use /v1/completions, or set one under"
                  + " models.chat-templates.",
              "model",
              "no_chat_template"));
    }
    if (!chat.tools().isEmpty() && text.style().calls().isEmpty()) {
      throw new RefusedException(
          new Failure.Invalid(
              "This model's chat template has no tools, or calls them in a way that is not"
                  + " supported.",
              "tools",
              "tools_not_supported"));
    }
    Tokenizer tokenizer = text.tokenizer();
    List<Object> tools = chat.tools().isEmpty() ? null : chat.tools();
    Map<String, Object> variables =
        new ChatPrompt(chat.messages(), tools, null, true, chat.variables())
            .variables(
                tokenizer.written(tokenizer.beginOfSequence()),
                tokenizer.written(tokenizer.endOfSequence()));
    try {
      return text.template().render(variables);
    } catch (ChatTemplateException refusal) {
      throw new RefusedException(
          new Failure.Invalid(
              "The model's chat template refuses these messages: " + refusal.getMessage(),
              "messages",
              null));
    }
  }

  private static Answer checked(Tokenizer tokenizer, int[] ids) {
    if (ids.length == 0) {
      return refused("The prompt has no tokens.");
    }
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] < 0 || ids[i] >= tokenizer.vocabularySize()) {
        return refused(
            "Token "
                + i
                + " is "
                + ids[i]
                + "; allowed: 0 to "
                + (tokenizer.vocabularySize() - 1)
                + ".");
      }
    }
    return new Answer.Ids(ids, false);
  }

  private static Answer refused(String message) {
    return new Answer.Refused(new Failure.Invalid(message, "prompt", null));
  }

  private static long characters(Prompt prompt) {
    return switch (prompt) {
      case Prompt.Tokens _ -> 0;
      case Prompt.Text(String plain) -> plain.length();
      case Prompt.Beginning(String plain) -> plain.length();
      case Prompt.Infill(String before, String after) -> (long) before.length() + after.length();
      case Prompt.Chat chat -> characters(chat.messages()) + characters(chat.tools());
    };
  }

  /** Characters in all texts under a message tree. */
  private static long characters(Object value) {
    return switch (value) {
      case null -> 0;
      case String text -> text.length();
      case List<?> list -> list.stream().mapToLong(PromptReader::characters).sum();
      case Map<?, ?> map -> map.values().stream().mapToLong(PromptReader::characters).sum();
      default -> 8;
    };
  }
}
