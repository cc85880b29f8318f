package io.slinfer.gateway;

import io.slinfer.node.Command.Revoke;
import io.slinfer.node.DeviceReport;
import io.slinfer.node.InstanceReport;
import io.slinfer.node.NodeCore;
import io.slinfer.node.RequestReport;
import io.slinfer.request.Failure;
import io.slinfer.request.ModelId;
import io.slinfer.request.RequestId;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;

/**
 * What an operator sees of a node and may do to it. Any thread; answered from the node's owner.
 * Refusals are {@link RefusedException}.
 */
public final class Operations {

  private static final long AGAIN_MILLIS = 5_000;

  private final Vertx vertx;
  private final AdjustableCatalogue catalogue;
  private final NodeCore core;
  private final Executor owner;

  /**
   * A model as it stands.
   *
   * @param state cold, loading, loaded or failed
   * @param failure why it cannot be loaded now; empty if it can
   */
  public record Model(
      ServedModel served, String state, boolean pinned, Optional<Failure.Unavailable> failure) {}

  public Operations(Vertx vertx, AdjustableCatalogue catalogue, NodeCore core, Executor owner) {
    this.vertx = vertx;
    this.catalogue = catalogue;
    this.core = core;
    this.owner = owner;
  }

  /** The models that can be called. */
  public Future<List<Model>> models() {
    List<ServedModel> served = catalogue.models();
    return onOwner(() -> served.stream().map(this::model).toList());
  }

  /** One model. */
  public Future<Model> model(ModelId id) {
    return find(id).compose(served -> onOwner(() -> model(served)));
  }

  private Model model(ServedModel served) {
    ModelId id = served.id();
    Optional<Failure.Unavailable> failure =
        core.cooling(id).map(cooling -> (Failure.Unavailable) cooling);
    String state = failure.isPresent() ? "failed" : core.states().of(id);
    // A cool-down that is over is no failure any more.
    return new Model(
        served,
        failure.isEmpty() && state.equals("failed") ? "cold" : state,
        core.isPinned(id),
        failure);
  }

  /** Files that are no models to serve, with the reason. */
  public Map<String, String> refusedFiles() {
    Map<String, String> files = new HashMap<>();
    catalogue.refused().forEach((file, reason) -> files.put(file.toString(), reason));
    return files;
  }

  /** Adds the model of a file, or all those of a folder; they can be called then. */
  public Future<List<Model>> add(String path) {
    return vertx
        .executeBlocking(() -> catalogue.add(Path.of(path)), false)
        .compose(
            added ->
                onOwner(
                    () ->
                        added.stream()
                            .flatMap(id -> catalogue.find(id).stream())
                            .map(this::model)
                            .toList()));
  }

  /** Removes a model: it cannot be called any more, and leaves once its requests have ended. */
  public Future<Void> remove(ModelId id) {
    return find(id)
        .compose(
            served -> {
              catalogue.remove(id);
              return onOwner(
                  () -> {
                    core.pin(id, false);
                    core.unload(id, null);
                    return null;
                  });
            });
  }

  /** Has a model loaded; refused if there is no room for it now, or while it cools down. */
  public Future<Model> load(ModelId id) {
    return find(id)
        .compose(
            served -> {
              Promise<Model> answer = Promise.promise();
              core.load(
                  served.source(),
                  refusal -> {
                    if (refusal.isPresent()) {
                      answer.fail(new RefusedException(refusal.get()));
                    } else {
                      answer.complete(model(served));
                    }
                  });
              return answer.future();
            });
  }

  /**
   * Has a model leave; a pinned one does not.
   *
   * @param force whether its requests end now, with an error; else they are served first
   */
  public Future<Model> unload(ModelId id, boolean force) {
    Failure cause =
        force
            ? new Failure.Unavailable(
                "model " + id + " was unloaded by the operator", "model_unloaded", AGAIN_MILLIS)
            : null;
    return find(id)
        .compose(
            served ->
                onOwner(
                    () -> {
                      if (core.isPinned(id)) {
                        throw new RefusedException(
                            new Failure.Invalid(
                                "The model `" + id + "` is pinned; unpin it first.",
                                null,
                                "model_pinned"));
                      }
                      core.unload(id, cause);
                      return model(served);
                    }));
  }

  /** Has a model never leave once it is loaded, or be like others again. */
  public Future<Model> pin(ModelId id, boolean pinned) {
    return find(id)
        .compose(
            served ->
                onOwner(
                    () -> {
                      core.pin(id, pinned);
                      return model(served);
                    }));
  }

  /** The devices' ledgers. */
  public Future<List<DeviceReport>> devices() {
    return onOwner(() -> core.reports().devices());
  }

  /** Every instance. */
  public Future<List<InstanceReport>> instances() {
    return onOwner(() -> core.reports().instances());
  }

  /** Every request that a device or the queue has, in order of arrival. */
  public Future<List<RequestReport>> requests() {
    return onOwner(() -> core.reports().requests());
  }

  /**
   * Ends requests; their callers are told that the operator did.
   *
   * @param id of one request, or without the choice's number of all that belong to a call
   * @return how many there were
   */
  public Future<Integer> cancel(String id) {
    return requests()
        .compose(
            all -> {
              List<RequestId> found =
                  all.stream()
                      .map(RequestReport::id)
                      .filter(known -> known.value().equals(id) || callOf(known).equals(id))
                      .toList();
              found.forEach(
                  known ->
                      core.inbox()
                          .revoke(
                              new Revoke(
                                  known,
                                  new Failure.Cancelled("The operator cancelled the request."))));
              return found.isEmpty()
                  ? Future.failedFuture(
                      new RefusedException(
                          new Failure.NotFound(
                              "The request `" + id + "` does not exist.", null, "not_found")))
                  : Future.succeededFuture(found.size());
            });
  }

  /** The id that the caller of a choice knows. */
  private static String callOf(RequestId id) {
    int dot = id.value().lastIndexOf('.');
    return dot < 0 ? id.value() : id.value().substring(0, dot);
  }

  private Future<ServedModel> find(ModelId id) {
    return catalogue
        .find(id)
        .map(Future::succeededFuture)
        .orElseGet(() -> Future.failedFuture(new RefusedException(Gateway.unknown(id))));
  }

  private <T> Future<T> onOwner(Callable<T> question) {
    Promise<T> answer = Promise.promise();
    owner.execute(
        () -> {
          try {
            answer.complete(question.call());
          } catch (RefusedException refusal) {
            answer.fail(refusal);
          } catch (Exception failure) {
            answer.fail(failure);
          }
        });
    return answer.future();
  }
}
