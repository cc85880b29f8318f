package io.slinfer.gateway.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.engine.ModelSource;
import io.slinfer.gateway.Serving;
import io.slinfer.gateway.remote.ToOwner.Ask;
import io.slinfer.gateway.remote.ToOwner.Drop;
import io.slinfer.gateway.remote.ToOwner.Holding;
import io.slinfer.metrics.ServingMeters;
import io.slinfer.node.Command.Cancel;
import io.slinfer.node.Command.Submit;
import io.slinfer.node.TokenEvent;
import io.slinfer.node.TokenEvent.Accepted;
import io.slinfer.node.TokenEvent.Failed;
import io.slinfer.node.TokenEvent.Finished;
import io.slinfer.node.TokenEvent.Token;
import io.slinfer.request.Failure;
import io.slinfer.request.FinishReason;
import io.slinfer.request.InferenceRequest;
import io.slinfer.request.ModelId;
import io.slinfer.request.RequestId;
import io.slinfer.request.Sampling;
import io.slinfer.request.Slo;
import io.slinfer.request.TokenDraw;
import io.slinfer.testing.TestServer;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who is asked when, with nodes that answer what a test says. */
final class ClusterServingTest {

  private static final RequestId ID = new RequestId("r");
  private static final Failure FULL = new Failure.Overloaded("full", "no_place_now", 9, 3_000, 1);
  private static final Failure LATE =
      new Failure.Overloaded("late", "deadline_passed", 9, 2_000, 1);
  private static final Failure SOON =
      new Failure.Overloaded("soon", "deadline_passed", 9, 1_500, 1);
  private static final Failure COOLING = new Failure.Unavailable("cools", "model_loading", 4_000);

  private final ServingMeters meters = new ServingMeters(false);
  private final FakeLink link = new FakeLink();
  private final FakeDevices devices = new FakeDevices();
  private final Set<String> live = new HashSet<>(List.of("a", "b", "c"));
  private final List<TokenEvent> told = new ArrayList<>();
  private List<String> order = List.of("b", "a", "c");

  private final ClusterServing serving =
      new ClusterServing(
          new ClusterServing.Parts(
              "a",
              devices,
              TestServer.catalogue(1_024, "m"),
              model -> order,
              live::contains,
              meters),
          link);

  @AfterEach
  void close() {
    meters.close();
  }

  @Test
  void asksEachNodeForAPlaceNowAndHandsOnWhatTheOneThatAcceptsTells() {
    start();
    assertFalse(link.ask("b").terms().waits());
    link.tell("b", new Failed(ID, FULL));
    assertFalse(devices.submitted.getLast().waits());
    devices.tell(new Failed(ID, FULL));
    assertEquals(List.of(), told);
    link.tell("c", new Accepted(ID, false), token(0), token(1));
    link.tell("c", new Finished(ID, FinishReason.STOP, new TokenEvent.Usage(3, 0, 3)));
    assertEquals(4, told.size(), told::toString);
    assertInstanceOf(Accepted.class, told.getFirst());
    assertInstanceOf(Finished.class, told.getLast());
    assertEquals(0, serving.live());
  }

  @Test
  void letsItWaitWhereThereWasNoPlaceWhenNobodyHasOneNow() {
    start();
    link.tell("b", new Failed(ID, FULL));
    devices.tell(new Failed(ID, COOLING));
    link.tell("c", new Failed(ID, FULL));
    assertTrue(link.ask("b").terms().waits());
    link.tell("b", new Failed(ID, LATE));
    assertTrue(link.ask("c").terms().waits());
    assertEquals(1, devices.submitted.size());
    link.tell("c", new Failed(ID, SOON));
    assertEquals(List.of(new Failed(ID, SOON)), told);
    assertEquals(0, serving.live());
  }

  @Test
  void letsItWaitAtOnceWhereOnlyOneHasTheModel() {
    order = List.of("c");
    start();
    assertTrue(link.ask("c").terms().waits());
    link.tell("c", new Failed(ID, LATE));
    assertEquals(List.of(new Failed(ID, LATE)), told);
  }

  @Test
  void aDefectIsNotTriedElsewhere() {
    start();
    Failure broken = new Failure.Internal("broken");
    link.tell("b", new Failed(ID, broken));
    assertEquals(List.of(new Failed(ID, broken)), told);
    assertEquals(List.of(), devices.submitted);
  }

  @Test
  void goesOnElsewhereIfANodeIsLostBeforeItAccepted() {
    start();
    lose("b");
    assertEquals(List.of(), told);
    assertEquals(1, devices.submitted.size());
    link.tell("b", new Accepted(ID, false));
    assertEquals(List.of(), told, "of a node that is not asked any more");
    devices.tell(new Accepted(ID, false));
    assertEquals(1, told.size());
  }

  @Test
  void endsWithOneErrorIfANodeIsLostThatHadAccepted() {
    start();
    link.tell("b", new Accepted(ID, false), token(0));
    lose("b");
    link.tell("b", token(1));
    assertEquals(3, told.size(), told::toString);
    Failed failed = assertInstanceOf(Failed.class, told.getLast());
    assertEquals(
        "node_lost", assertInstanceOf(Failure.Unavailable.class, failed.failure()).reason());
    assertEquals(0, serving.live());
  }

  @Test
  void doesNotAskWhoIsLost() {
    live.remove("b");
    start();
    assertNull(link.lastAsks.get("b"));
    assertEquals(1, devices.submitted.size());
  }

  @Test
  void aCancelGoesWhereTheRequestIsAndNobodyElseIsAsked() {
    start();
    serving.cancel(new Cancel(ID, 5));
    Drop drop = assertInstanceOf(Drop.class, link.sent.getLast());
    assertEquals(link.ask("b").number(), drop.number());
    link.tell("b", new Failed(ID, FULL));
    assertEquals(List.of(), devices.submitted);
    assertEquals(0, serving.live());

    order = List.of("a");
    start();
    serving.cancel(new Cancel(ID, 5));
    assertEquals(1, devices.cancelled.size());
  }

  @Test
  void saysWhatItHoldsAndEndsWhatIsMissingTwice() {
    start();
    link.tell("b", new Accepted(ID, false));
    long number = link.ask("b").number();
    link.beat.run();
    assertEquals("[" + number + "]", link.held.get("b"));
    link.missing = new long[] {number};
    link.beat.run();
    assertEquals(1, told.size());
    link.beat.run();
    assertInstanceOf(Failed.class, told.getLast());
    link.beat.run();
    assertEquals("[]", link.held.get("b"));
    assertEquals(2, told.size(), told::toString);
  }

  @Test
  void doesNotHoldWhatIsCancelled() {
    start();
    serving.cancel(new Cancel(ID, 5));
    link.beat.run();
    assertEquals("[]", link.held.get("b"));
  }

  @Test
  void anEndThatNobodyAskedForIsTold() {
    start();
    link.tell("b", new Accepted(ID, false));
    link.tell("b", new Finished(ID, FinishReason.CANCELLED, new TokenEvent.Usage(3, 0, 1)));
    assertInstanceOf(Failed.class, told.getLast());
  }

  @Test
  void refusesAtOnceWhatNobodyHas() {
    order = List.of();
    assertInstanceOf(Failure.Unavailable.class, serving.submit(submit()));
    assertEquals(0, serving.live());
  }

  private void start() {
    assertNull(serving.submit(submit()));
  }

  private Submit submit() {
    InferenceRequest request =
        new InferenceRequest(
            ID,
            new ModelId("m"),
            new int[] {1, 2, 3},
            10,
            Sampling.GREEDY,
            false,
            new Slo(1, 1),
            0,
            "",
            0);
    ModelSource source = new ModelSource(new ModelId("m"), List.of(), 0);
    return new Submit(request, source, new int[] {0}, false, told::addAll);
  }

  private void lose(String node) {
    live.remove(node);
    serving.nodeLost(node);
  }

  private static Token token(int index) {
    return new Token(ID, index, new TokenDraw(5, 0, List.of()));
  }

  /** This node's devices. */
  private static final class FakeDevices implements Serving {

    private final List<Submit> submitted = new ArrayList<>();
    private final List<Cancel> cancelled = new ArrayList<>();

    @Override
    public Failure submit(Submit command) {
      submitted.add(command);
      return null;
    }

    @Override
    public void cancel(Cancel command) {
      cancelled.add(command);
    }

    void tell(TokenEvent... events) {
      submitted.getLast().outlet().deliver(List.of(events));
    }
  }

  /** Other nodes; tasks run at once. */
  private static final class FakeLink implements OwnerLink {

    private final List<ToOwner> sent = new ArrayList<>();
    private final Map<String, Ask> lastAsks = new HashMap<>();
    private final Map<String, String> held = new HashMap<>();
    private long[] missing = {};
    private Consumer<EventCodec.Batch> events;
    private Runnable beat;

    @Override
    public String address() {
      return "slinfer.gateway/a/x";
    }

    @Override
    public void start(
        LongFunction<RequestId> ids, Consumer<EventCodec.Batch> eventSink, Runnable beatTask) {
      events = eventSink;
      beat = beatTask;
    }

    @Override
    public void send(String node, ToOwner message) {
      sent.add(message);
      if (message instanceof Ask ask) {
        lastAsks.put(node, ask);
      }
    }

    @Override
    public Future<long[]> hold(String node, Holding message) {
      held.put(node, Arrays.toString(message.numbers()));
      return Future.succeededFuture(missing);
    }

    @Override
    public void execute(Runnable task) {
      task.run();
    }

    Ask ask(String node) {
      return lastAsks.get(node);
    }

    /** Events under the number that the node was asked last under. */
    void tell(String node, TokenEvent... happened) {
      long number = ask(node).number();
      events.accept(
          new EventCodec.Batch(
              node, Arrays.stream(happened).map(event -> new Told(number, event)).toList()));
    }
  }
}
