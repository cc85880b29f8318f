package io.slinfer.gateway.remote;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.slinfer.constraint.CharacterSet;
import io.slinfer.constraint.Expression;
import io.slinfer.constraint.Grammar;
import io.slinfer.gateway.RuleSource;
import io.slinfer.gateway.remote.ToOwner.Ask;
import io.slinfer.gateway.remote.ToOwner.Drop;
import io.slinfer.gateway.remote.ToOwner.Holding;
import io.slinfer.gateway.remote.ToOwner.Terms;
import io.slinfer.node.TokenEvent;
import io.slinfer.request.Failure;
import io.slinfer.request.FinishReason;
import io.slinfer.request.InferenceRequest;
import io.slinfer.request.LogitChanges;
import io.slinfer.request.ModelId;
import io.slinfer.request.Pooling;
import io.slinfer.request.RequestId;
import io.slinfer.request.Sampling;
import io.slinfer.request.Slo;
import io.slinfer.request.TokenDraw;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Messages come out as they went in, and damaged ones are refused. */
final class CodecTest {

  private static final RequestId ID = new RequestId("chatcmpl-x");
  private static final String GATEWAY = "slinfer.gateway/a/1";

  private static final Sampling FULL =
      new Sampling(
          0.7,
          40,
          0.9,
          0.05,
          -77,
          new LogitChanges(1.1, -0.5, 2, Map.of(3, -100.0, 70_000, 5.5)),
          5,
          null,
          null,
          true);

  private static InferenceRequest request(Sampling sampling) {
    return new InferenceRequest(
        ID,
        new ModelId("org/m"),
        new int[] {0, 127, 128, 151_000},
        300,
        sampling,
        true,
        new Slo(2_000_000_000L, 250_000_000L),
        5_000,
        "alice ü",
        -3);
  }

  @Test
  void aRequestKeepsAllThatItSays() {
    Ask sent =
        new Ask(
            GATEWAY, 1L << 40, request(FULL), null, new Terms("ab", new int[] {2, 9}, true, false));
    Ask got = assertInstanceOf(Ask.class, overTheWire(sent, 9_000, 9_000));
    assertEquals(sent.number(), got.number());
    assertEquals(GATEWAY, got.gateway());
    assertArrayEquals(sent.request().promptTokens(), got.request().promptTokens());
    assertEquals(withoutPrompt(sent.request()), withoutPrompt(got.request()));
    assertNull(got.rule());
    assertArrayEquals(new int[] {2, 9}, got.terms().endTokens());
    assertEquals("ab", got.terms().fingerprint());
    assertEquals(List.of(true, false), List.of(got.terms().strict(), got.terms().waits()));
    for (Pooling pooling : Pooling.values()) {
      Ask embedding = new Ask(GATEWAY, 1, request(Sampling.pooled(pooling)), null, sent.terms());
      Ask back = assertInstanceOf(Ask.class, overTheWire(embedding, 9_000, 9_000));
      assertEquals(pooling, back.request().sampling().pooling());
    }
  }

  @Test
  void timeThatHasPassedTravelsAndNotTheClock() {
    Ask sent = new Ask(GATEWAY, 1, request(FULL), null, new Terms("", new int[0], false, true));
    Ask got = assertInstanceOf(Ask.class, overTheWire(sent, 9_000, -1_000_000));
    assertEquals(-1_000_000 - (9_000 - 5_000), got.request().arrivalNanos());
    Drop drop = assertInstanceOf(Drop.class, overTheWire(new Drop(GATEWAY, 4, 8_500), 9_000, 100));
    assertEquals(100 - 500, drop.closedNanos());
    assertEquals(4, drop.number());
  }

  @Test
  void aGrammarIsTheSameThere() {
    Map<String, Expression> rules =
        Map.of(
            "root",
            new Expression.Choice(
                List.of(
                    new Expression.Sequence(
                        List.of(
                            new Expression.Text("{\"ä"),
                            new Expression.Marker("<tool>"),
                            new Expression.Rule("rest"))),
                    Expression.EMPTY)),
            "rest",
            new Expression.Repeat(
                new Expression.Characters(
                    CharacterSet.range('a', 'z').union(CharacterSet.range(0x1F600, 0x10FFFF))),
                1,
                Expression.UNBOUNDED));
    RuleSource rule = new RuleSource("gbnf:x", new Grammar(rules, "root"), "</think>");
    Ask sent = new Ask(GATEWAY, 1, request(FULL), rule, new Terms("", new int[0], false, true));
    RuleSource got = assertInstanceOf(Ask.class, overTheWire(sent, 0, 0)).rule();
    assertEquals("gbnf:x", got.key());
    assertEquals("</think>", got.afterReasoning());
    assertEquals("root", got.grammar().start());
    assertEquals(text(rules), text(got.grammar().rules()));
  }

  /** Character sets have no equality; their ranges have. */
  private static String text(Map<String, Expression> rules) {
    WireOut out = new WireOut();
    rules.keySet().stream()
        .sorted()
        .forEach(name -> GrammarCodec.write(out, new Grammar(rules, name)));
    List<String> names = rules.keySet().stream().sorted().toList();
    Map<String, Expression> sorted = new java.util.LinkedHashMap<>();
    names.forEach(name -> sorted.put(name, rules.get(name)));
    WireOut whole = new WireOut();
    GrammarCodec.write(whole, new Grammar(sorted, "root"));
    return whole.buffer().toString("ISO-8859-1");
  }

  @Test
  void whatIsHeldKeepsItsNumbers() {
    long[] numbers = {1, 2, 1L << 50};
    Holding got = assertInstanceOf(Holding.class, overTheWire(new Holding(GATEWAY, numbers), 0, 0));
    assertArrayEquals(numbers, got.numbers());
  }

  @Test
  void everyEventComesBack() {
    List<Failure> failures =
        List.of(
            new Failure.Invalid("no", "field", null),
            new Failure.NotFound("none", null, "code"),
            new Failure.Overloaded("full", "queue_full", 7, 1_500, 60_000),
            new Failure.Unattainable("late"),
            new Failure.Unavailable("off", "stopping", 5_000),
            new Failure.Cancelled("gone"),
            new Failure.Internal("broken"));
    List<Told> sent = new ArrayList<>();
    sent.add(new Told(3, new TokenEvent.Accepted(ID, true)));
    sent.add(new Told(3, new TokenEvent.Started(ID, 64)));
    sent.add(
        new Told(
            3,
            new TokenEvent.Scored(
                ID,
                List.of(
                    new TokenDraw(7, -3, List.of(new TokenDraw.Likely(8, -0.5f))),
                    new TokenDraw(8, 0, List.of())))));
    sent.add(new Told(3, new TokenEvent.Token(ID, 0, new TokenDraw(9, -0.25f, List.of()))));
    sent.add(
        new Told(
            4,
            new TokenEvent.Token(
                ID, 700, new TokenDraw(9, -1, List.of(new TokenDraw.Likely(151_000, -2.5f))))));
    for (FinishReason reason : FinishReason.values()) {
      sent.add(new Told(5, new TokenEvent.Finished(ID, reason, new TokenEvent.Usage(10, 2, 300))));
    }
    failures.forEach(failure -> sent.add(new Told(6, new TokenEvent.Failed(ID, failure))));
    EventCodec.Batch batch = new EventCodec.Batch("node-b", sent);
    assertEquals(batch, EventCodec.decode(EventCodec.encode(batch), number -> ID));
  }

  @Test
  void anEmbeddingComesBack() {
    float[] embedding = {1, -2.5f, 0};
    EventCodec.Batch batch =
        new EventCodec.Batch(
            "b", List.of(new Told(1, new TokenEvent.Token(ID, 0, TokenDraw.of(embedding)))));
    EventCodec.Batch got = EventCodec.decode(EventCodec.encode(batch), number -> ID);
    TokenEvent.Token token =
        assertInstanceOf(TokenEvent.Token.class, got.events().getFirst().event());
    assertArrayEquals(embedding, token.draw().embedding());
  }

  @Test
  void aMessageThatIsCutOffOrGoesOnIsRefused() {
    OwnerCodec codec = new OwnerCodec(() -> 0);
    Buffer whole =
        codec.encode(
            new Ask(GATEWAY, 1, request(FULL), null, new Terms("f", new int[] {1}, true, true)));
    for (int length = 0; length < whole.length(); length++) {
      Buffer part = whole.getBuffer(0, length);
      assertThrows(WireException.class, () -> codec.decode(part), () -> "of " + part.length());
    }
    assertThrows(WireException.class, () -> codec.decode(whole.copy().appendByte((byte) 0)));
    assertThrows(WireException.class, () -> codec.decode(Buffer.buffer(new byte[] {99, 1, 0})));
    Buffer huge = new WireOut().number(1).number(3).text(GATEWAY).number(1L << 30).buffer();
    assertThrows(WireException.class, () -> codec.decode(huge));
  }

  private static ToOwner overTheWire(ToOwner message, long sentNanos, long readNanos) {
    Buffer bytes = new OwnerCodec(() -> sentNanos).encode(message);
    return new OwnerCodec(() -> readNanos).decode(bytes);
  }

  private static InferenceRequest withoutPrompt(InferenceRequest request) {
    return new InferenceRequest(
        request.id(),
        request.model(),
        NO_PROMPT,
        request.maxOutputTokens(),
        request.sampling(),
        request.ignoreEos(),
        request.slo(),
        request.arrivalNanos(),
        request.caller(),
        request.priority());
  }

  private static final int[] NO_PROMPT = {1};
}
