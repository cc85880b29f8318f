package io.slinfer.gateway.remote;

import io.slinfer.node.TokenEvent;
import io.slinfer.node.TokenEvent.Accepted;
import io.slinfer.node.TokenEvent.Failed;
import io.slinfer.node.TokenEvent.Finished;
import io.slinfer.node.TokenEvent.Scored;
import io.slinfer.node.TokenEvent.Started;
import io.slinfer.node.TokenEvent.Token;
import io.slinfer.request.FinishReason;
import io.slinfer.request.RequestId;
import io.slinfer.request.TokenDraw;
import io.slinfer.request.TokenDraw.Likely;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongFunction;

/** The events of one step for one gateway as bytes. */
final class EventCodec {

  private static final int VERSION = 1;
  private static final int ACCEPTED = 1;
  private static final int STARTED = 2;
  private static final int TOKEN = 3;
  private static final int TOKEN_AMONG = 4;
  private static final int EMBEDDING = 5;
  private static final int FINISHED = 6;
  private static final int FAILED = 7;
  private static final int SCORED = 8;

  private EventCodec() {}

  /**
   * What came from a node.
   *
   * @param node its name
   */
  record Batch(String node, List<Told> events) {}

  static Buffer encode(Batch batch) {
    WireOut out = new WireOut().number(VERSION).text(batch.node());
    out.all(
        batch.events(),
        told -> {
          out.number(told.number());
          write(out, told.event());
        });
    return out.buffer();
  }

  /**
   * @param ids of the requests by their numbers; any id for one that is not known
   */
  static Batch decode(Buffer bytes, LongFunction<RequestId> ids) {
    WireIn in = new WireIn(bytes);
    int version = in.integer();
    if (version != VERSION) {
      throw new WireException("version " + version + " of the events; allowed: " + VERSION);
    }
    String node = in.text();
    List<Told> events =
        in.all(
            () -> {
              long number = in.number();
              return new Told(number, read(in, ids.apply(number)));
            });
    in.end();
    return new Batch(node, events);
  }

  private static void write(WireOut out, TokenEvent event) {
    switch (event) {
      case Accepted accepted -> out.number(ACCEPTED).flag(accepted.loading());
      case Started started -> out.number(STARTED).number(started.cachedTokens());
      case Scored scored -> out.number(SCORED).all(scored.tokens(), draw -> among(out, draw));
      case Token token -> write(out, token.index(), token.draw());
      case Finished finished -> {
        TokenEvent.Usage usage = finished.usage();
        out.number(FINISHED).text(finished.reason().name());
        out.number(usage.promptTokens()).number(usage.cachedTokens());
        out.number(usage.generatedTokens());
      }
      case Failed failed -> FailureCodec.write(out.number(FAILED), failed.failure());
    }
  }

  private static void write(WireOut out, int index, TokenDraw draw) {
    if (draw.embedding() != null) {
      out.number(EMBEDDING).number(index).reals(draw.embedding());
      return;
    }
    if (draw.likeliest().isEmpty()) {
      out.number(TOKEN).number(index).number(draw.token()).real(draw.logProbability());
    } else {
      among(out.number(TOKEN_AMONG).number(index), draw);
    }
  }

  private static void among(WireOut out, TokenDraw draw) {
    out.number(draw.token()).real(draw.logProbability());
    out.all(draw.likeliest(), likely -> out.number(likely.token()).real(likely.logProbability()));
  }

  private static TokenDraw among(WireIn in) {
    return new TokenDraw(in.integer(), in.shortReal(), likeliest(in));
  }

  private static TokenEvent read(WireIn in, RequestId id) {
    int kind = in.integer();
    return switch (kind) {
      case ACCEPTED -> new Accepted(id, in.flag());
      case STARTED -> new Started(id, in.integer());
      case TOKEN ->
          new Token(id, in.integer(), new TokenDraw(in.integer(), in.shortReal(), List.of()));
      case TOKEN_AMONG -> new Token(id, in.integer(), among(in));
      case SCORED -> new Scored(id, in.all(() -> among(in)));
      case EMBEDDING -> new Token(id, in.integer(), TokenDraw.of(in.reals()));
      case FINISHED ->
          new Finished(
              id,
              FinishReason.valueOf(in.text()),
              new TokenEvent.Usage(in.integer(), in.integer(), in.integer()));
      case FAILED -> new Failed(id, FailureCodec.read(in));
      default -> throw new WireException("event kind " + kind);
    };
  }

  private static List<Likely> likeliest(WireIn in) {
    return new ArrayList<>(in.all(() -> new Likely(in.integer(), in.shortReal())));
  }
}
