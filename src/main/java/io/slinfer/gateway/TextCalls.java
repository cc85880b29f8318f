package io.slinfer.gateway;

import io.slinfer.model.tokenizer.Tokenizer;
import io.slinfer.request.Failure;
import io.slinfer.request.ModelId;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A model's text side without generation: prompts to tokens, tokens to text, conversations to
 * prompts. Works on worker threads and answers on its event loop, with {@link RefusedException} for
 * what the caller did wrong.
 */
public final class TextCalls {

  private final Context context;
  private final ModelCatalogue catalogue;
  private final ModelTexts texts;

  TextCalls(Context context, ModelCatalogue catalogue, ModelTexts texts) {
    this.context = context;
    this.catalogue = catalogue;
    this.texts = texts;
  }

  /**
   * How a plain text is read.
   *
   * @param addSpecial add BOS and EOS as the model says
   * @param parseSpecial special tokens written out in the text count as such
   */
  public record Reading(boolean addSpecial, boolean parseSpecial) {}

  /**
   * Tokens of a prompt.
   *
   * @param pieces each token's text; what is not UTF-8 by itself has U+FFFD
   */
  public record Tokens(int[] ids, List<String> pieces) {}

  /** The tokens of a prompt; {@code reading} matters to plain texts only. */
  public Future<Tokens> tokens(ModelId model, Prompt prompt, Reading reading) {
    return withText(
        model,
        text -> {
          Tokenizer tokenizer = text.tokenizer();
          int[] ids =
              prompt instanceof Prompt.Text(String plain)
                  ? tokenizer.encode(plain, reading.addSpecial(), reading.parseSpecial())
                  : ids(PromptReader.readNow(text, prompt));
          List<String> pieces = new ArrayList<>(ids.length);
          for (int id : ids) {
            pieces.add(new String(tokenizer.piece(id, true), StandardCharsets.UTF_8));
          }
          return new Tokens(ids, pieces);
        });
  }

  /** The text of tokens, control tokens written out. */
  public Future<String> text(ModelId model, int[] ids) {
    return withText(
        model,
        text -> {
          if (ids.length > 0) {
            known(PromptReader.readNow(text, new Prompt.Tokens(ids)));
          }
          return new String(text.tokenizer().decode(ids, true), StandardCharsets.UTF_8);
        });
  }

  /** The prompt that the model's template makes of a conversation. */
  public Future<String> rendered(ModelId model, Prompt.Chat chat) {
    return withText(model, text -> PromptReader.rendered(text, chat));
  }

  private interface Work<T> {
    T of(ModelText text) throws RefusedException;
  }

  private <T> Future<T> withText(ModelId id, Work<T> work) {
    Optional<ServedModel> model = catalogue.find(id);
    if (model.isEmpty()) {
      return Future.failedFuture(new RefusedException(Gateway.unknown(id)));
    }
    return texts
        .of(model.get())
        .recover(cause -> Future.failedFuture(new RefusedException(Gateway.unreadable(id, cause))))
        .compose(text -> context.executeBlocking(() -> work.of(text), false));
  }

  /** Checks the tokens of a request that calls them so. */
  private static void known(PromptReader.Answer answer) {
    if (answer instanceof PromptReader.Answer.Refused(Failure failure)) {
      throw new RefusedException(new Failure.Invalid(failure.message(), "tokens", null));
    }
  }

  private static int[] ids(PromptReader.Answer answer) throws RefusedException {
    return switch (answer) {
      case PromptReader.Answer.Ids(int[] ids, boolean _) -> ids;
      case PromptReader.Answer.Refused(Failure failure) -> throw new RefusedException(failure);
    };
  }
}
