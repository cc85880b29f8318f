package io.slinfer.gateway.remote;

import io.slinfer.gateway.ModelCatalogue;
import io.slinfer.gateway.RuleSource;
import io.slinfer.gateway.ServedModel;
import io.slinfer.gateway.Serving;
import io.slinfer.gateway.remote.ToOwner.Ask;
import io.slinfer.gateway.remote.ToOwner.Drop;
import io.slinfer.gateway.remote.ToOwner.Holding;
import io.slinfer.gateway.remote.ToOwner.Terms;
import io.slinfer.metrics.ServingMeters;
import io.slinfer.metrics.ServingMeters.Remote;
import io.slinfer.node.Command.Cancel;
import io.slinfer.node.Command.Submit;
import io.slinfer.node.TokenEvent;
import io.slinfer.node.TokenOutlet;
import io.slinfer.request.Failure;
import io.slinfer.request.FinishReason;
import io.slinfer.request.InferenceRequest;
import io.slinfer.request.ModelId;
import io.slinfer.request.RequestId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Serves the requests of one gateway on the devices of a cluster: asks node after node for a place,
 * its own among them, and hands on what the one that accepted tells. A request whose node is lost
 * goes on to the next if it was not accepted, else it ends with an error.
 *
 * <p>Confined to its gateway's event loop.
 */
public final class ClusterServing implements Serving {

  private static final RequestId NOBODY = new RequestId("");
  private static final long RETRY_MILLIS = 1_000;

  private final Parts parts;
  private final OwnerLink link;

  /** Not ended. */
  private final Map<RequestId, Attempt> attempts = new HashMap<>();

  /** Those that another node is asked for, by the number they are asked under. */
  private final Map<Long, Attempt> remote = new HashMap<>();

  /** What a node did not know when it last said so, though it was asked for it before. */
  private final Map<String, Set<Long>> missing = new HashMap<>();

  private final Set<String> askedNodes = new HashSet<>();

  /** One object, so that the events of a step are delivered together. */
  private final TokenOutlet ownOutlet = this::deliverOwn;

  private TokenOutlet outlet;
  private long lastNumber;

  /**
   * What it works with.
   *
   * @param node this node's name
   * @param devices this node's own
   * @param catalogue the models of the cluster
   * @param order the nodes to ask for a model, the first to ask first
   * @param live whether a node answers
   */
  public record Parts(
      String node,
      Serving devices,
      ModelCatalogue catalogue,
      Function<ServedModel, List<String>> order,
      Predicate<String> live,
      ServingMeters meters) {}

  /** Made on the event loop that it is confined to. */
  ClusterServing(Parts parts, OwnerLink link) {
    this.parts = parts;
    this.link = link;
    link.start(
        number -> remote.containsKey(number) ? remote.get(number).id() : NOBODY,
        this::onBatch,
        this::beat);
  }

  @Override
  public Failure submit(Submit command) {
    ModelId id = command.request().model();
    Optional<ServedModel> model = parts.catalogue().find(id);
    List<String> order = model.map(parts.order()).orElse(List.of());
    if (order.isEmpty()) {
      return new Failure.Unavailable(
          "no node that answers has model " + id, "node_lost", RETRY_MILLIS);
    }
    Attempt attempt = new Attempt(command, model.get().facts().fingerprint(), order);
    attempts.put(attempt.id(), attempt);
    outlet = command.outlet();
    askNext(attempt);
    return null;
  }

  @Override
  public void cancel(Cancel command) {
    Attempt attempt = attempts.get(command.id());
    if (attempt == null || attempt.isCancelled()) {
      return;
    }
    attempt.cancel();
    if (isOwn(attempt.node())) {
      parts.devices().cancel(command);
    } else {
      link.send(attempt.node(), new Drop(link.address(), attempt.number(), command.closedNanos()));
    }
  }

  /** Requests that have not ended. */
  int live() {
    return attempts.size();
  }

  private boolean isOwn(String node) {
    return node.equals(parts.node());
  }

  // Asking.

  private void askNext(Attempt attempt) {
    while (true) {
      String node = attempt.next();
      if (node == null) {
        end(attempt, attempt.refusal());
        return;
      }
      Failure refusal = isOwn(node) ? askOwn(attempt) : askOther(attempt, node);
      if (refusal == null) {
        return;
      }
      attempt.refused(refusal);
    }
  }

  private Failure askOwn(Attempt attempt) {
    Submit submit = attempt.submit();
    return parts
        .devices()
        .submit(
            new Submit(
                submit.request(),
                submit.source(),
                submit.endTokens(),
                submit.strict(),
                attempt.waits(),
                ownOutlet));
  }

  private void deliverOwn(List<TokenEvent> events) {
    link.execute(() -> onOwnEvents(events));
  }

  private Failure askOther(Attempt attempt, String node) {
    if (!parts.live().test(node)) {
      return lost(node);
    }
    parts.meters().remote(Remote.ASKED);
    attempt.asked(++lastNumber);
    remote.put(lastNumber, attempt);
    askedNodes.add(node);
    Submit submit = attempt.submit();
    InferenceRequest request = submit.request();
    RuleSource rule = RuleSource.of(request.sampling().rule());
    link.send(
        node,
        new Ask(
            link.address(),
            lastNumber,
            request.withSampling(request.sampling().withRule(null)),
            rule,
            new Terms(
                attempt.fingerprint(), submit.endTokens(), submit.strict(), attempt.waits())));
    return null;
  }

  private static Failure lost(String node) {
    return new Failure.Unavailable(
        "node " + node + ", which served this request, is lost", "node_lost", RETRY_MILLIS);
  }

  // What nodes tell.

  private void onOwnEvents(List<TokenEvent> events) {
    List<TokenEvent> passed = new ArrayList<>(events.size());
    for (TokenEvent event : events) {
      Attempt attempt = attempts.get(event.id());
      if (attempt != null) {
        hear(attempt, event, passed);
      }
    }
    pass(passed);
  }

  private void onBatch(EventCodec.Batch batch) {
    List<TokenEvent> passed = new ArrayList<>(batch.events().size());
    for (Told told : batch.events()) {
      Attempt attempt = remote.get(told.number());
      if (attempt != null) {
        hear(attempt, honest(attempt, told.event()), passed);
      }
    }
    pass(passed);
  }

  /** A node that took this gateway for lost has ended what its callers still wait for. */
  private static TokenEvent honest(Attempt attempt, TokenEvent event) {
    boolean dropped =
        event instanceof TokenEvent.Finished finished
            && finished.reason() == FinishReason.CANCELLED
            && !attempt.isCancelled();
    return dropped ? new TokenEvent.Failed(event.id(), lost(attempt.node())) : event;
  }

  private void hear(Attempt attempt, TokenEvent event, List<TokenEvent> passed) {
    switch (event) {
      case TokenEvent.Accepted _ -> {
        attempt.accept();
        passed.add(event);
      }
      case TokenEvent.Started _, TokenEvent.Scored _, TokenEvent.Token _ -> passed.add(event);
      case TokenEvent.Finished _ -> {
        forget(attempt);
        passed.add(event);
      }
      case TokenEvent.Failed failed -> {
        if (mayBeServedElsewhere(attempt, failed.failure())) {
          if (remote.remove(attempt.number()) != null) {
            parts.meters().remote(Remote.REFUSED);
          }
          attempt.refused(failed.failure());
          askNext(attempt);
        } else {
          forget(attempt);
          passed.add(event);
        }
      }
    }
  }

  private static boolean mayBeServedElsewhere(Attempt attempt, Failure failure) {
    return !attempt.isAccepted()
        && !attempt.isCancelled()
        && switch (failure) {
          case Failure.Overloaded _,
              Failure.Unattainable _,
              Failure.Unavailable _,
              Failure.Invalid _,
              Failure.NotFound _ ->
              true;
          case Failure.Cancelled _, Failure.Internal _ -> false;
        };
  }

  private void forget(Attempt attempt) {
    attempts.remove(attempt.id());
    remote.remove(attempt.number());
  }

  private void end(Attempt attempt, Failure failure) {
    forget(attempt);
    pass(List.of(new TokenEvent.Failed(attempt.id(), failure)));
  }

  /** All requests of a gateway have the same outlet. */
  private void pass(List<TokenEvent> events) {
    if (!events.isEmpty()) {
      outlet.deliver(events);
    }
  }

  // Losses.

  /** A node is lost; what it had accepted ends, the rest is asked for elsewhere. */
  void nodeLost(String node) {
    missing.remove(node);
    for (Attempt attempt : at(node)) {
      parts.meters().remote(Remote.LOST);
      List<TokenEvent> passed = new ArrayList<>(1);
      hear(attempt, new TokenEvent.Failed(attempt.id(), lost(node)), passed);
      pass(passed);
    }
  }

  private List<Attempt> at(String node) {
    return remote.values().stream().filter(attempt -> attempt.node().equals(node)).toList();
  }

  /** Tells each node what this gateway still wants of it, and hears what it does not have. */
  private void beat() {
    for (String node : askedNodes) {
      if (parts.live().test(node)) {
        long[] held =
            at(node).stream()
                .filter(attempt -> !attempt.isCancelled())
                .mapToLong(Attempt::number)
                .sorted()
                .toArray();
        link.hold(node, new Holding(link.address(), held))
            .onSuccess(unknown -> link.execute(() -> onMissing(node, unknown)));
      }
    }
  }

  /** What is missing twice is lost: once, the message that ended it may be on its way. */
  private void onMissing(String node, long[] unknown) {
    Set<Long> now = Arrays.stream(unknown).boxed().collect(Collectors.toSet());
    Set<Long> before = missing.put(node, now);
    if (before == null) {
      return;
    }
    for (long number : unknown) {
      Attempt attempt = before.contains(number) ? remote.get(number) : null;
      if (attempt != null) {
        List<TokenEvent> passed = new ArrayList<>(1);
        hear(attempt, new TokenEvent.Failed(attempt.id(), lost(node)), passed);
        pass(passed);
      }
    }
  }
}
