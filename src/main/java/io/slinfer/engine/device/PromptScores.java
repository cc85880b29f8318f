package io.slinfer.engine.device;

import io.slinfer.engine.Sampler;
import io.slinfer.engine.Sequence;
import io.slinfer.request.TokenDraw;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;

/**
 * The probabilities of prompts' tokens, gathered over the steps that compute them. What a cancelled
 * prompt leaves goes with its sequence. Confined to the engine's thread.
 */
final class PromptScores {

  private final Map<Sequence, List<TokenDraw>> scores = new WeakHashMap<>();

  /**
   * Scores the token after a position by the logits there; position 0 begins anew. Logits that are
   * no distribution leave a gap, which {@link #tellWith} reports.
   */
  void add(Sequence sequence, int position, float[] logits, Sampler sampler) {
    if (position == 0) {
      scores.put(sequence, new ArrayList<>());
    }
    List<TokenDraw> known = scores.get(sequence);
    if (known == null || known.size() != position) {
      return;
    }
    try {
      known.add(sampler.score(logits, sequence.token(position + 1), sequence.sampling()));
    } catch (ArithmeticException broken) {
      scores.remove(sequence);
    }
  }

  /**
   * The first draw of a sequence with the scores that it asked for; other draws as they are.
   *
   * @throws ArithmeticException if a score is missing
   */
  TokenDraw tellWith(TokenDraw draw, Sequence sequence) {
    if (!sequence.sampling().scoresPrompt() || sequence.generated() > 0) {
      return draw;
    }
    List<TokenDraw> known = scores.remove(sequence);
    int found = sequence.promptLength() == 1 ? 0 : known == null ? -1 : known.size();
    if (found != sequence.promptLength() - 1) {
      throw new ArithmeticException("the probability of a token of the prompt could not be told");
    }
    return found == 0 ? draw : draw.after(known);
  }
}
