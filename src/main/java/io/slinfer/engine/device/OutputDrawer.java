package io.slinfer.engine.device;

import io.slinfer.engine.EngineEvent.SequenceOutput;
import io.slinfer.engine.Exponential;
import io.slinfer.engine.Sampler;
import io.slinfer.engine.Sequence;
import io.slinfer.model.Architecture;
import io.slinfer.model.Rope;
import io.slinfer.request.Failure;
import io.slinfer.request.LogitChanges;
import io.slinfer.request.Sampling;
import io.slinfer.request.TokenDraw;
import java.util.List;

/** Makes outputs of raw logits: scales them, shows them, draws. Confined to the step thread. */
public final class OutputDrawer {

  private final Architecture.Scales scales;
  private final LogitsObserver observer;
  private final Sampler sampler = new Sampler();
  private final PromptScores scores = new PromptScores();

  public OutputDrawer(Architecture.Scales scales, LogitsObserver observer) {
    this.scales = scales;
    this.observer = observer;
  }

  /** The length beyond which some layer turns its keys by other factors. */
  public static int shortTokens(Architecture architecture) {
    return architecture.layers().stream()
        .map(Architecture.Layer::rope)
        .filter(rope -> rope != null && rope.longFrequencies() != rope.frequencies())
        .mapToInt(Rope::shortTokens)
        .min()
        .orElse(Integer.MAX_VALUE);
  }

  /** Whether the logits after a position are to score the prompt's next token. */
  public static boolean scores(Sequence sequence, int position) {
    return sequence.sampling().scoresPrompt()
        && sequence.generated() == 0
        && position + 1 < sequence.promptLength();
  }

  /**
   * Whether the likeliest token and its probability are all that the logits after a token are
   * wanted for.
   */
  public boolean wantsLikeliestAlone(Sequence sequence, int position) {
    Sampling sampling = sequence.sampling();
    return sampling.temperature() == 0
        && sampling.changes().equals(LogitChanges.NONE)
        && sampling.likeliest() == 0
        && sequence.progress() == null
        && !sampling.scoresPrompt()
        && !observer.wants(sequence, position);
  }

  /**
   * Takes the logits after the token at {@code position}, unscaled; changes them.
   *
   * @param draws whether a token is drawn from them; else they are only shown, or score the
   *     prompt's next token
   * @return null if nothing is drawn
   */
  public SequenceOutput take(Sequence sequence, int position, float[] logits, boolean draws) {
    scale(logits);
    if (observer.wants(sequence, position)) {
      observer.onLogits(sequence, position, logits);
    }
    if (scores(sequence, position)) {
      scores.add(sequence, position, logits, sampler);
      return null;
    }
    return draws ? draw(sequence, position + 1, logits) : null;
  }

  /**
   * Takes the greedy choice that the device has made.
   *
   * @param token the likeliest token; negative if there is none
   * @param logit its logit, scaled
   * @param logTotal logarithm of the sum of the exponentials of all scaled logits
   */
  public SequenceOutput take(
      Sequence sequence, int position, int token, float logit, float logTotal) {
    if (token < 0 || Float.isNaN(logTotal) || Float.isInfinite(logTotal)) {
      return broken(sequence, position + 1, "log-sum-exp is " + logTotal);
    }
    return SequenceOutput.of(sequence, new TokenDraw(token, logit - logTotal, List.of()));
  }

  /** A sequence whose logits are broken fails alone; the others of the step go on. */
  private SequenceOutput draw(Sequence sequence, int position, float[] logits) {
    try {
      return SequenceOutput.of(sequence, scores.tellWith(sampler.draw(logits, sequence), sequence));
    } catch (ArithmeticException broken) {
      return broken(sequence, position, broken.getMessage());
    } catch (IllegalStateException unclear) {
      return SequenceOutput.failed(
          sequence, new Failure.Invalid(unclear.getMessage(), null, "grammar_too_ambiguous"));
    }
  }

  private static SequenceOutput broken(Sequence sequence, int position, String why) {
    return SequenceOutput.failed(
        sequence,
        new Failure.Internal(
            "the model's output for token "
                + position
                + " is not a distribution ("
                + why
                + "); its weights may be damaged, or overflow on this prompt"));
  }

  private void scale(float[] logits) {
    if (scales.logit() != 1) {
      for (int i = 0; i < logits.length; i++) {
        logits[i] *= scales.logit();
      }
    }
    float softcap = scales.logitSoftcap();
    if (softcap != 0) {
      for (int i = 0; i < logits.length; i++) {
        logits[i] = (float) (softcap * Exponential.tanh(logits[i] / softcap));
      }
    }
  }
}
