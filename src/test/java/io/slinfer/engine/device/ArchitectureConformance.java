package io.slinfer.engine.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import io.slinfer.cli.EngineSession;
import io.slinfer.engine.EngineEvent.SequenceOutput;
import io.slinfer.engine.ModelSource;
import io.slinfer.engine.Sequence;
import io.slinfer.engine.SequenceChunk;
import io.slinfer.request.ModelId;
import io.slinfer.request.Sampling;
import io.slinfer.testing.Fixtures;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Holds one model file against its fixture, on a given engine. */
public final class ArchitectureConformance implements AutoCloseable {

  /** Below this the fixtures call a choice of experts unsafe, and allow this much after one. */
  private static final double SMALL_ROUTER_MARGIN = 0.05;

  private static final double FLIPPED_EXPERT = 0.6;
  private static final int[] CHUNKS = {7, 1, 31, 16, 5, 64};

  private final JsonNode fixture;
  private final double tolerance;
  private final RecordedLogits recorded = new RecordedLogits();
  private final EngineSession session;
  private double worst;

  /**
   * @param engines makes an engine that shows its logits
   */
  public ArchitectureConformance(
      Path model,
      JsonNode fixture,
      double tolerance,
      Function<LogitsObserver, EngineSession.Factory> engines)
      throws EngineSession.FailedException {
    this.fixture = fixture;
    this.tolerance = tolerance;
    this.session =
        new EngineSession(
            engines.apply(recorded), new ModelSource(new ModelId("fixture"), List.of(model), 0));
  }

  /** Largest difference of a logit that was seen. */
  public double worst() {
    return worst;
  }

  /** Every prompt by itself: every position of the prompt, then the greedy continuation. */
  public void checkPrompts() throws EngineSession.FailedException {
    for (JsonNode prompt : fixture.get("prompts")) {
      Sequence sequence = session.sequence(Fixtures.ints(prompt.get("ids")), Sampling.GREEDY);
      double allowed = allowed(prompt);
      session.step(List.of(new SequenceChunk(sequence, sequence.pending())));
      checkLogits(
          "last",
          prompt.get("last_logits_f32le_b64"),
          sequence,
          sequence.promptLength() - 1,
          allowed);
      checkPositions(prompt, sequence);
      checkGreedy(prompt, sequence, allowed);
      session.release(sequence);
    }
  }

  /** All prompts at once, in odd chunks, mixed with decodes: nothing may change. */
  public void checkMixedBatches() throws EngineSession.FailedException {
    List<Sequence> sequences = new ArrayList<>();
    for (JsonNode prompt : fixture.get("prompts")) {
      sequences.add(session.sequence(Fixtures.ints(prompt.get("ids")), Sampling.GREEDY));
    }
    for (int step = 0; sequences.getLast().generated() < 4; step++) {
      List<SequenceChunk> chunks = new ArrayList<>();
      for (Sequence sequence : sequences) {
        int size = Math.min(CHUNKS[step % CHUNKS.length], sequence.pending());
        if (sequence.generated() < 40) {
          chunks.add(new SequenceChunk(sequence, size));
        }
      }
      session.step(chunks);
    }
    for (int i = 0; i < sequences.size(); i++) {
      JsonNode prompt = fixture.get("prompts").get(i);
      Sequence sequence = sequences.get(i);
      checkLogits(
          "chunked last",
          prompt.get("last_logits_f32le_b64"),
          sequence,
          sequence.promptLength() - 1,
          allowed(prompt));
      checkPositions(prompt, sequence);
      checkGreedyTokens(prompt, sequence, allowed(prompt));
      session.release(sequence);
    }
  }

  /** The tolerance after the prompt: wide where another expert may have been picked on the way. */
  private double allowed(JsonNode prompt) {
    return firstUnsafe(prompt) < Integer.MAX_VALUE
        ? Math.max(FLIPPED_EXPERT, tolerance)
        : tolerance;
  }

  /** The first position at which rounding may make the router pick another expert. */
  private static int firstUnsafe(JsonNode prompt) {
    int position = 0;
    while (position < prompt.get("n").asInt()) {
      if (isUnsafe(prompt, position)) {
        return position;
      }
      position++;
    }
    return Integer.MAX_VALUE;
  }

  private static boolean isUnsafe(JsonNode prompt, int position) {
    JsonNode margins = prompt.get("moe_router_margin_per_position");
    return margins != null && margins.get(position).asDouble() < SMALL_ROUTER_MARGIN;
  }

  private void checkLogits(
      String what, JsonNode expected, Sequence sequence, int position, double allowed) {
    float[] wanted = Fixtures.floats(expected);
    float[] got = recorded.at(sequence, position);
    assertEquals(wanted.length, got.length);
    double difference = 0;
    for (int i = 0; i < wanted.length; i++) {
      difference = Math.max(difference, Math.abs(wanted[i] - got[i]));
    }
    worst = Math.max(worst, difference);
    assertTrue(difference <= allowed, what + " logits differ by " + difference + " > " + allowed);
  }

  private void checkPositions(JsonNode prompt, Sequence sequence) {
    JsonNode positions = prompt.get("per_position");
    int firstUnsafe = firstUnsafe(prompt);
    for (int p = 0; p < sequence.promptLength(); p++) {
      if (isUnsafe(prompt, p)) {
        continue;
      }
      double allowed = p < firstUnsafe ? tolerance : allowed(prompt);
      float[] logits = recorded.at(sequence, p);
      double logSum = logSumExp(logits);
      assertEquals(positions.get("logsumexp").get(p).asDouble(), logSum, allowed, "position " + p);
      int best = positions.get("argmax").get(p).asInt();
      assertEquals(
          positions.get("max_logit").get(p).asDouble(), logits[best], allowed, "position " + p);
      if (p + 1 < sequence.promptLength()) {
        double logProbability = logits[sequence.token(p + 1)] - logSum;
        assertEquals(
            positions.get("next_logprob").get(p).asDouble(),
            logProbability,
            2 * allowed,
            "position " + p);
      }
    }
  }

  private void checkGreedy(JsonNode prompt, Sequence sequence, double allowed)
      throws EngineSession.FailedException {
    JsonNode greedy = prompt.get("greedy");
    int length = greedy.get("ids").size();
    while (sequence.generated() < length) {
      List<SequenceOutput> outputs =
          session.step(List.of(new SequenceChunk(sequence, 1))).outputs();
      int index = sequence.generated() - 1;
      if (outputs.getFirst().token() != greedy.get("ids").get(index).asInt()) {
        break;
      }
      assertEquals(
          greedy.get("logprobs").get(index).asDouble(),
          outputs.getFirst().logProbability(),
          2 * allowed);
    }
    if (checkGreedyTokens(prompt, sequence, allowed)) {
      checkLogits(
          "last step",
          greedy.get("last_step_logits_f32le_b64"),
          sequence,
          sequence.length() - 2,
          allowed);
    }
  }

  /** True if all tokens are equal; fails if they part where the margin is clear. */
  private static boolean checkGreedyTokens(JsonNode prompt, Sequence sequence, double allowed) {
    JsonNode ids = prompt.get("greedy").get("ids");
    for (int i = 0; i < sequence.generated(); i++) {
      int token = sequence.token(sequence.promptLength() + i);
      if (token != ids.get(i).asInt()) {
        double margin = prompt.get("greedy").get("margins").get(i).asDouble();
        if (margin >= 4 * allowed) {
          fail("greedy token " + i + " is " + token + ", not " + ids.get(i) + "; margin " + margin);
        }
        return false;
      }
    }
    return true;
  }

  private static double logSumExp(float[] logits) {
    double greatest = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      greatest = Math.max(greatest, logit);
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - greatest);
    }
    return greatest + Math.log(sum);
  }

  @Override
  public void close() {
    session.close();
  }
}
