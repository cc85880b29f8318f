package io.slinfer.bench;

import io.slinfer.engine.EngineEvent;
import io.slinfer.engine.EngineEvent.SequenceOutput;
import io.slinfer.engine.EngineListener;
import io.slinfer.gateway.ModelCatalogue;
import io.slinfer.gateway.ModelText;
import io.slinfer.gateway.ServedModel;
import io.slinfer.model.tokenizer.Tokenizer;
import io.slinfer.request.ModelId;
import io.slinfer.request.TokenDraw;
import io.slinfer.testing.ByteTokenizer;
import io.slinfer.testing.JoiningTemplate;
import io.slinfer.testing.TestServer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.IntPredicate;

/**
 * Replaces an engine's tokens by the microsecond at which its step ended, before the owner's thread
 * hears of it; their text is {@code t} and that number.
 */
final class TimedTokens {

  private final EngineListener listener;
  private final Executor owner;

  /** When the step that is being told ended; set on the owner's thread, just before its event. */
  private int endedMicros;

  TimedTokens(EngineListener listener, Executor owner) {
    this.listener = listener;
    this.owner = owner;
  }

  void execute(Runnable task) {
    int micros = nowMicros();
    owner.execute(
        () -> {
          endedMicros = micros;
          task.run();
        });
  }

  void onEvent(EngineEvent event) {
    if (event instanceof EngineEvent.Stepped stepped) {
      List<SequenceOutput> outputs =
          stepped.outputs().stream()
              .map(
                  output ->
                      SequenceOutput.of(
                          output.sequence(), new TokenDraw(endedMicros, 0, List.of())))
              .toList();
      listener.onEvent(
          new EngineEvent.Stepped(
              stepped.ticket(), stepped.instance(), outputs, stepped.durationNanos()));
    } else {
      listener.onEvent(event);
    }
  }

  static int nowMicros() {
    return (int) (System.nanoTime() / 1_000 % TokenReaders.MICROS_WRAP);
  }

  /** A catalogue of one model whose tokens are numbers. */
  static ModelCatalogue catalogue(String id, int contextTokens) {
    ServedModel usual = TestServer.catalogue(contextTokens, id).models().getFirst();
    ServedModel model =
        new ServedModel(
            usual.id(),
            usual.createdSeconds(),
            usual.facts(),
            contextTokens,
            usual.source(),
            () -> ModelText.of(new Numbers(new ByteTokenizer()), new JoiningTemplate()));
    return new ModelCatalogue() {
      @Override
      public List<ServedModel> models() {
        return List.of(model);
      }

      @Override
      public Optional<ServedModel> find(ModelId wanted) {
        return Optional.of(model);
      }
    };
  }

  /** Encodes bytes, decodes numbers. */
  private record Numbers(Tokenizer bytes) implements Tokenizer {

    @Override
    public int[] encode(String text, boolean addSpecial, boolean parseSpecial) {
      return bytes.encode(text, addSpecial, parseSpecial);
    }

    @Override
    public byte[] piece(int token, boolean special) {
      throw new UnsupportedOperationException("streams only");
    }

    @Override
    public byte[] decode(int[] tokens, boolean special) {
      throw new UnsupportedOperationException("streams only");
    }

    @Override
    public TokenStream stream(IntPredicate shown) {
      return new TokenStream() {
        @Override
        public String next(int token) {
          return "t" + token;
        }

        @Override
        public String end() {
          return "";
        }
      };
    }

    @Override
    public int vocabularySize() {
      return TokenReaders.MICROS_WRAP;
    }

    @Override
    public boolean endsGeneration(int token) {
      return false;
    }

    @Override
    public int beginOfSequence() {
      return bytes.beginOfSequence();
    }

    @Override
    public int endOfSequence() {
      return bytes.endOfSequence();
    }

    @Override
    public String written(int token) {
      return "";
    }
  }
}
