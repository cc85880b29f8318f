package io.slinfer.http;

import io.slinfer.gateway.AnswerForm;
import io.slinfer.gateway.AnswerReading;
import io.slinfer.gateway.CallTerms;
import io.slinfer.gateway.Gateway;
import io.slinfer.gateway.Generation;
import io.slinfer.gateway.GenerationListener;
import io.slinfer.gateway.GenerationRequest;
import io.slinfer.gateway.RefusedException;
import io.slinfer.gateway.SloWish;
import io.slinfer.request.Failure;
import io.slinfer.request.FinishReason;
import io.slinfer.request.Pooling;
import io.slinfer.request.RequestId;
import io.slinfer.request.Sampling;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The embeddings of one HTTP request, a few at a time. If one fails, the others are cancelled.
 * Confined to the connection's event loop.
 */
final class EmbeddingGroup implements LiveAnswer {

  /** Prompts that a device has at once: enough for full steps, too few to fill its queue. */
  private static final int AT_ONCE = 32;

  private final Gateway gateway;
  private final EmbeddingDialect.Call call;
  private final Pooling pooling;
  private final String id;
  private final String caller;
  private final long arrivalNanos = System.nanoTime();
  private final float[][] embeddings;
  private final Map<Integer, Generation> running = new HashMap<>();
  private final Promise<EmbeddingDialect.Result> promise = Promise.promise();
  private Runnable onEnd = () -> {};
  private int next;
  private int done;
  private int promptTokens;
  private boolean over;

  EmbeddingGroup(
      Gateway gateway, EmbeddingDialect.Call call, Pooling pooling, String id, String caller) {
    this.gateway = gateway;
    this.call = call;
    this.pooling = pooling;
    this.id = id;
    this.caller = caller;
    this.embeddings = new float[call.prompts().size()][];
  }

  /** Starts; fails with a {@link RefusedException}, never answers once cancelled. */
  Future<EmbeddingDialect.Result> start() {
    if (embeddings.length == 0) {
      complete();
    }
    startMore();
    return promise.future();
  }

  /** The caller is gone. */
  void cancel() {
    if (!over) {
      over = true;
      List.copyOf(running.values()).forEach(Generation::cancel);
      running.clear();
      onEnd.run();
    }
  }

  @Override
  public void fail(Failure failure) {
    if (!over) {
      cancel();
      promise.tryFail(new RefusedException(failure));
    }
  }

  @Override
  public void onEnd(Runnable action) {
    if (over) {
      action.run();
    } else {
      onEnd = action;
    }
  }

  private void startMore() {
    while (!over && next < embeddings.length && next - done < AT_ONCE) {
      int index = next++;
      Generation generation = gateway.start(request(index), new Listener(index));
      if (!over && embeddings[index] == null) {
        running.put(index, generation);
      } else {
        generation.cancel();
      }
    }
  }

  private GenerationRequest request(int index) {
    return new GenerationRequest(
        new RequestId(id + "." + index),
        call.model(),
        call.prompts().get(index),
        1,
        Sampling.pooled(pooling),
        List.of(),
        true,
        new CallTerms(caller, false, 0, SloWish.NONE),
        arrivalNanos,
        new AnswerForm.Free(),
        AnswerReading.PLAIN);
  }

  private void finished(int index, int tokens) {
    running.remove(index);
    promptTokens += tokens;
    if (++done < embeddings.length) {
      startMore();
    } else {
      complete();
    }
  }

  private void complete() {
    over = true;
    onEnd.run();
    List<float[]> all = new ArrayList<>(embeddings.length);
    for (float[] embedding : embeddings) {
      all.add(unit(embedding, call.dimensions()));
    }
    promise.complete(
        new EmbeddingDialect.Result(all, promptTokens, System.nanoTime() - arrivalNanos));
  }

  /** The first numbers, scaled to length 1. */
  static float[] unit(float[] embedding, int dimensions) {
    int size = dimensions == 0 ? embedding.length : dimensions;
    double squares = 0;
    for (int i = 0; i < size; i++) {
      squares += (double) embedding[i] * embedding[i];
    }
    double scale = squares == 0 ? 0 : 1 / Math.sqrt(squares);
    float[] unit = new float[size];
    for (int i = 0; i < size; i++) {
      unit[i] = (float) (embedding[i] * scale);
    }
    return unit;
  }

  private final class Listener implements GenerationListener {

    private final int index;

    Listener(int index) {
      this.index = index;
    }

    @Override
    public void onAccepted() {
      // The status is only known at the end.
    }

    @Override
    public void onEmbedding(float[] embedding) {
      if (call.dimensions() > embedding.length) {
        fail(
            new Failure.Invalid(
                "`dimensions` is "
                    + call.dimensions()
                    + "; allowed for this model: 1 to "
                    + embedding.length
                    + ".",
                "dimensions",
                null));
      } else {
        embeddings[index] = embedding;
      }
    }

    @Override
    public void onText(String text) {
      throw new IllegalStateException("an embedding has no text");
    }

    @Override
    public void onFinished(FinishReason reason, Usage usage) {
      if (!over) {
        finished(index, usage.promptTokens());
      }
    }

    /** What is wrong with a prompt is wrong with an input here. */
    @Override
    public void onFailed(Failure failure) {
      fail(
          failure instanceof Failure.Invalid invalid && "prompt".equals(invalid.field())
              ? new Failure.Invalid(
                  "`input` " + index + ": " + invalid.message(), "input", invalid.code())
              : failure);
    }
  }
}
