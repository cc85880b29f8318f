package io.slinfer.gateway.remote;

import io.slinfer.cluster.LiveNodes;
import io.slinfer.gateway.ModelCatalogue;
import io.slinfer.gateway.ModelTexts;
import io.slinfer.gateway.RefusedException;
import io.slinfer.gateway.ServedModel;
import io.slinfer.gateway.Serving;
import io.slinfer.gateway.remote.ToOwner.Ask;
import io.slinfer.gateway.remote.ToOwner.Drop;
import io.slinfer.gateway.remote.ToOwner.Holding;
import io.slinfer.node.Command.Cancel;
import io.slinfer.node.Command.Submit;
import io.slinfer.node.TokenEvent;
import io.slinfer.request.Failure;
import io.slinfer.request.InferenceRequest;
import io.slinfer.request.RequestId;
import io.slinfer.request.TokenRule;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.Message;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes what gateways of other nodes ask of this node's devices: requests go into the same inbox as
 * those of its own gateways. Each gateway says once a second what it holds, so that nothing stays
 * here that nobody waits for; of a node that is lost nothing stays at all.
 */
public final class RequestServer extends VerticleBase {

  private static final Logger LOG = LoggerFactory.getLogger(RequestServer.class);
  private static final long RETRY_MILLIS = 5_000;
  private static final long LOOK_MILLIS = 20;

  private final String node;
  private final Serving devices;
  private final ModelCatalogue own;
  private final ModelTexts texts;
  private final LiveNodes nodes;
  private final OwnerCodec codec = new OwnerCodec(System::nanoTime);
  private final Map<String, RemoteCaller> callers = new HashMap<>();
  private boolean draining;

  /**
   * @param node this node's name
   * @param own the models of this node's files
   */
  public RequestServer(
      String node, Serving devices, ModelCatalogue own, ModelTexts texts, LiveNodes nodes) {
    this.node = node;
    this.devices = devices;
    this.own = own;
    this.texts = texts;
    this.nodes = nodes;
  }

  @Override
  public Future<?> start() {
    nodes.onLost(task -> context.runOnContext(nothing -> task.run()), this::nodeLost);
    TextPacks packs = new TextPacks(own);
    return vertx
        .eventBus()
        .<Buffer>consumer(Addresses.owner(node), this::onMessage)
        .completion()
        .compose(
            heard ->
                vertx
                    .eventBus()
                    .<Buffer>consumer(Addresses.text(node), packs::onMessage)
                    .completion());
  }

  /** Takes no new requests from now on; completes when those that it has have ended. Any thread. */
  public Future<Void> drain() {
    Promise<Void> done = Promise.promise();
    context.runOnContext(
        nothing -> {
          draining = true;
          look(done);
        });
    return done.future();
  }

  private void look(Promise<Void> done) {
    if (callers.values().stream().allMatch(RemoteCaller::isIdle)) {
      done.complete();
    } else {
      vertx.setTimer(LOOK_MILLIS, timer -> look(done));
    }
  }

  private void onMessage(Message<Buffer> message) {
    ToOwner asked;
    try {
      asked = codec.decode(message.body());
    } catch (IllegalArgumentException | WireException malformed) {
      LOG.error("a message of another node cannot be read", malformed);
      message.fail(1, "malformed: " + malformed.getMessage());
      return;
    }
    RemoteCaller caller =
        callers.computeIfAbsent(
            asked.gateway(), address -> new RemoteCaller(node, address, context, vertx.eventBus()));
    switch (asked) {
      case Ask ask -> take(caller, ask);
      case Drop drop -> drop(caller, caller.find(drop.number()), drop.closedNanos());
      case Holding holding -> {
        long nowNanos = System.nanoTime();
        caller.without(holding.numbers()).forEach(id -> drop(caller, id, nowNanos));
        message.reply(new WireOut().numbers(caller.missing(holding.numbers())).buffer());
      }
    }
  }

  private void take(RemoteCaller caller, Ask ask) {
    InferenceRequest request = uniquelyNamed(ask);
    RequestId id = request.id();
    caller.add(ask.number(), id);
    if (!nodes.isLive(Addresses.nodeOf(ask.gateway()))) {
      // Its node is thought to be lost, and will hear so; it must not hold a place here.
      refuse(caller, id, new Failure.Unavailable("the asking node is lost", "node_lost", 0));
      return;
    }
    if (draining) {
      refuse(
          caller, id, new Failure.Unavailable("the server is stopping", "stopping", RETRY_MILLIS));
      return;
    }
    Optional<ServedModel> model =
        own.find(request.model())
            .filter(found -> found.facts().fingerprint().equals(ask.terms().fingerprint()));
    if (model.isEmpty()) {
      refuse(
          caller,
          id,
          new Failure.NotFound(
              "The model `" + request.model() + "` does not exist.", "model", "model_not_found"));
      return;
    }
    rule(ask, model.get())
        .onSuccess(rule -> submit(caller, ask, request, model.get(), rule))
        .onFailure(
            cause ->
                refuse(
                    caller,
                    id,
                    cause instanceof RefusedException refused
                        ? refused.failure()
                        : new Failure.Unavailable(
                            "model " + request.model() + ": " + cause.getMessage(),
                            "model_loading",
                            RETRY_MILLIS)));
  }

  /** Null for no rule. */
  private Future<TokenRule> rule(Ask ask, ServedModel model) {
    return ask.rule() == null
        ? Future.succeededFuture()
        : texts.of(model).compose(text -> ask.rule().compile(context, text));
  }

  private void submit(
      RemoteCaller caller, Ask ask, InferenceRequest request, ServedModel model, TokenRule rule) {
    if (!caller.prepared(request.id())) {
      return;
    }
    Failure refusal =
        devices.submit(
            new Submit(
                request.withSampling(request.sampling().withRule(rule)),
                model.source(),
                ask.terms().endTokens(),
                ask.terms().strict(),
                ask.terms().waits(),
                caller));
    if (refusal != null) {
      refuse(caller, request.id(), refusal);
    }
  }

  private static void refuse(RemoteCaller caller, RequestId id, Failure failure) {
    caller.send(List.of(new TokenEvent.Failed(id, failure)));
  }

  /** Unknown ids are null and ignored. */
  private void drop(RemoteCaller caller, RequestId id, long closedNanos) {
    if (id == null) {
      return;
    }
    if (caller.isPreparing(id)) {
      refuse(caller, id, new Failure.Cancelled("the caller went away"));
    } else {
      devices.cancel(new Cancel(id, closedNanos));
    }
  }

  private void nodeLost(String lost) {
    long nowNanos = System.nanoTime();
    for (RemoteCaller caller : callers.values()) {
      if (caller.home().equals(lost) && !caller.isIdle()) {
        LOG.info("{} requests of node {} are dropped", caller.all().size(), lost);
        caller.all().forEach(id -> drop(caller, id, nowNanos));
      }
    }
    callers.values().removeIf(caller -> caller.isIdle() && !nodes.isLive(caller.home()));
  }

  /** Under another id if another attempt of the same request is still here. */
  private InferenceRequest uniquelyNamed(Ask ask) {
    InferenceRequest request = ask.request();
    boolean taken = callers.values().stream().anyMatch(caller -> caller.knows(request.id()));
    return taken ? request.withId(new RequestId(request.id() + "." + ask.number())) : request;
  }
}
