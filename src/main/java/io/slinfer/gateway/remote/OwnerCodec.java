package io.slinfer.gateway.remote;

import io.slinfer.gateway.RuleSource;
import io.slinfer.gateway.remote.ToOwner.Ask;
import io.slinfer.gateway.remote.ToOwner.Drop;
import io.slinfer.gateway.remote.ToOwner.Holding;
import io.slinfer.gateway.remote.ToOwner.Terms;
import io.slinfer.request.InferenceRequest;
import io.slinfer.request.LogitChanges;
import io.slinfer.request.ModelId;
import io.slinfer.request.Pooling;
import io.slinfer.request.RequestId;
import io.slinfer.request.Sampling;
import io.slinfer.request.Slo;
import io.vertx.core.buffer.Buffer;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * {@link ToOwner} as bytes. Clocks of nodes differ, so a moment travels as the time since then.
 *
 * @param nanoClock this node's
 */
record OwnerCodec(LongSupplier nanoClock) {

  private static final int VERSION = 1;
  private static final int ASK = 1;
  private static final int DROP = 2;
  private static final int HOLDING = 3;

  Buffer encode(ToOwner message) {
    WireOut out = new WireOut().number(VERSION);
    switch (message) {
      case Ask ask -> {
        out.number(ASK).text(ask.gateway()).number(ask.number());
        request(out, ask.request());
        rule(out, ask.rule());
        Terms terms = ask.terms();
        out.text(terms.fingerprint()).numbers(terms.endTokens());
        out.flag(terms.strict()).flag(terms.waits());
      }
      case Drop drop ->
          out.number(DROP)
              .text(drop.gateway())
              .number(drop.number())
              .number(since(drop.closedNanos()));
      case Holding holding ->
          out.number(HOLDING).text(holding.gateway()).numbers(holding.numbers());
    }
    return out.buffer();
  }

  ToOwner decode(Buffer bytes) {
    WireIn in = new WireIn(bytes);
    int version = in.integer();
    if (version != VERSION) {
      throw new WireException("version " + version + " of the messages; allowed: " + VERSION);
    }
    int kind = in.integer();
    String gateway = in.text();
    ToOwner message =
        switch (kind) {
          case ASK -> new Ask(gateway, in.number(), request(in), rule(in), terms(in));
          case DROP -> new Drop(gateway, in.number(), at(in.number()));
          case HOLDING -> new Holding(gateway, in.numbers());
          default -> throw new WireException("message kind " + kind);
        };
    in.end();
    return message;
  }

  private long since(long nanos) {
    return Math.max(0, nanoClock.getAsLong() - nanos);
  }

  private long at(long agoNanos) {
    return nanoClock.getAsLong() - agoNanos;
  }

  private void request(WireOut out, InferenceRequest request) {
    out.text(request.id().value()).text(request.model().value());
    out.numbers(request.promptTokens()).number(request.maxOutputTokens());
    sampling(out, request.sampling());
    out.flag(request.ignoreEos());
    out.number(request.slo().timeToFirstTokenNanos());
    out.number(request.slo().timePerOutputTokenNanos());
    out.number(since(request.arrivalNanos()));
    out.text(request.caller()).number(request.priority());
  }

  private InferenceRequest request(WireIn in) {
    return new InferenceRequest(
        new RequestId(in.text()),
        new ModelId(in.text()),
        in.integers(),
        in.integer(),
        sampling(in),
        in.flag(),
        new Slo(in.number(), in.number()),
        at(in.number()),
        in.text(),
        in.integer());
  }

  private static void sampling(WireOut out, Sampling sampling) {
    out.real(sampling.temperature()).number(sampling.topK());
    out.real(sampling.topP()).real(sampling.minP()).number(sampling.seed());
    LogitChanges changes = sampling.changes();
    out.real(changes.repetition()).real(changes.presence()).real(changes.frequency());
    out.all(changes.bias().entrySet(), pair -> out.number(pair.getKey()).real(pair.getValue()));
    out.number(sampling.likeliest());
    out.maybe(sampling.pooling() == null ? null : sampling.pooling().name());
    out.flag(sampling.scoresPrompt());
  }

  private static Sampling sampling(WireIn in) {
    double temperature = in.real();
    int topK = in.integer();
    double topP = in.real();
    double minP = in.real();
    long seed = in.number();
    LogitChanges changes = new LogitChanges(in.real(), in.real(), in.real(), bias(in));
    int likeliest = in.integer();
    String pooling = in.maybe();
    return new Sampling(
        temperature,
        topK,
        topP,
        minP,
        seed,
        changes,
        likeliest,
        null,
        pooling == null ? null : Pooling.valueOf(pooling),
        in.flag());
  }

  private static Map<Integer, Double> bias(WireIn in) {
    Map<Integer, Double> bias = new HashMap<>();
    in.all(() -> bias.put(in.integer(), in.real()));
    return bias;
  }

  private static void rule(WireOut out, RuleSource rule) {
    out.flag(rule != null);
    if (rule != null) {
      out.text(rule.key()).maybe(rule.afterReasoning());
      GrammarCodec.write(out, rule.grammar());
    }
  }

  private static RuleSource rule(WireIn in) {
    if (!in.flag()) {
      return null;
    }
    String key = in.text();
    String afterReasoning = in.maybe();
    return new RuleSource(key, GrammarCodec.read(in), afterReasoning);
  }

  private static Terms terms(WireIn in) {
    return new Terms(in.text(), in.integers(), in.flag(), in.flag());
  }
}
