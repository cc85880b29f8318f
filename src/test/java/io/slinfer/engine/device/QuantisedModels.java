package io.slinfer.engine.device;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.slinfer.cli.EngineSession;
import io.slinfer.engine.ModelSource;
import io.slinfer.engine.Sequence;
import io.slinfer.engine.SequenceChunk;
import io.slinfer.request.ModelId;
import io.slinfer.request.Sampling;
import io.slinfer.testing.Fixtures;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;

/** Holds one small model in one quantisation against exact results for the same weights. */
public final class QuantisedModels {

  private QuantisedModels() {}

  /** How far logits may be off: the largest difference, and the root of the mean square. */
  public record Tolerance(double max, double rms) {}

  /** Runs every prompt of a variant: last logits, then 48 greedy tokens where margins allow. */
  public static void check(
      Path model,
      JsonNode fixture,
      JsonNode variant,
      Tolerance tolerance,
      Function<LogitsObserver, EngineSession.Factory> engines)
      throws EngineSession.FailedException {
    RecordedLogits recorded = new RecordedLogits();
    try (EngineSession session =
        new EngineSession(
            engines.apply(recorded),
            new ModelSource(new ModelId("quantised"), List.of(model), 0))) {
      for (String name : List.of("p1", "p17", "p200")) {
        Sequence sequence =
            session.sequence(Fixtures.ints(fixture.get("prompts").get(name)), Sampling.GREEDY);
        JsonNode wanted = variant.get("prompts").get(name);
        session.step(List.of(new SequenceChunk(sequence, sequence.pending())));
        float[] exact = Fixtures.floats(wanted.get("exact_last_logits_f32le_b64"));
        float[] got = recorded.at(sequence, sequence.promptLength() - 1);
        checkLogits(model.getFileName() + " " + name, exact, got, tolerance);
        checkGreedy(session, sequence, wanted.get("exact_greedy"), tolerance);
        session.release(sequence);
      }
    }
  }

  private static void checkLogits(String what, float[] exact, float[] got, Tolerance tolerance) {
    double greatest = 0;
    double squares = 0;
    for (int i = 0; i < exact.length; i++) {
      double difference = Math.abs(exact[i] - got[i]);
      greatest = Math.max(greatest, difference);
      squares += difference * difference;
    }
    double rms = Math.sqrt(squares / exact.length);
    System.out.printf(
        "%s: largest difference %.4f (%.4f), rms %.4f (%.4f)%n",
        what, greatest, tolerance.max, rms, tolerance.rms);
    assertTrue(greatest <= tolerance.max && rms <= tolerance.rms, what + " differs too much");
  }

  private static void checkGreedy(
      EngineSession session, Sequence sequence, JsonNode greedy, Tolerance tolerance)
      throws EngineSession.FailedException {
    for (int i = 0; i < greedy.get("ids").size(); i++) {
      int token = sequence.token(sequence.promptLength() + i);
      if (token != greedy.get("ids").get(i).asInt()) {
        double margin = greedy.get("margins").get(i).asDouble();
        assertTrue(margin < 4 * tolerance.max, "token " + i + " is " + token + ", " + margin);
        return;
      }
      session.step(List.of(new SequenceChunk(sequence, 1)));
    }
  }
}
