package io.slinfer.gateway;

import io.slinfer.request.ModelId;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The tokenizers and templates of models, read on first use, once, off the event loops. One that
 * could not be read is tried again on the next call. Safe for any thread.
 */
public final class ModelTexts {

  private record Loading(ServedModel model, Future<ModelText> text) {}

  private final Vertx vertx;
  private final Map<ModelId, Loading> texts = new ConcurrentHashMap<>();

  public ModelTexts(Vertx vertx) {
    this.vertx = vertx;
  }

  /** The model's text side; a changed file is read anew. */
  public Future<ModelText> of(ServedModel model) {
    Promise<ModelText> promise = Promise.promise();
    Loading loading =
        texts.compute(
            model.id(),
            (id, known) ->
                known != null && known.model.equals(model) && !known.text.failed()
                    ? known
                    : new Loading(model, promise.future()));
    if (loading.text == promise.future()) {
      vertx.executeBlocking(model.textLoader(), false).onComplete(promise);
    }
    return loading.text;
  }
}
