package io.slinfer.request;

/**
 * How the next token is drawn from the logits, or that the prompt becomes an embedding instead.
 * Filters apply in the order top-k, top-p, min-p, on probabilities after temperature; temperature 0
 * is greedy and ignores them.
 *
 * @param temperature 0 (greedy) or more
 * @param topK how many of the likeliest tokens may be drawn; 0 means all
 * @param topP smallest set of likeliest tokens whose probabilities sum to this, in (0, 1]
 * @param minP drops tokens less likely than this times the likeliest, in [0, 1]
 * @param seed with the token's index it alone determines the draw, whatever the batch
 * @param changes to the logits before all this
 * @param likeliest how many of the likeliest tokens are told with each draw, 0 or more
 * @param rule which tokens may be drawn; null means all
 * @param pooling null to draw tokens; else the only thing drawn is the prompt's embedding
 * @param scoresPrompt the first draw also tells the probability of each token of the prompt, which
 *     is then computed whole, whatever the prefix cache has
 */
public record Sampling(
    double temperature,
    int topK,
    double topP,
    double minP,
    long seed,
    LogitChanges changes,
    int likeliest,
    TokenRule rule,
    Pooling pooling,
    boolean scoresPrompt) {

  /** For drawing tokens. */
  public Sampling(
      double temperature,
      int topK,
      double topP,
      double minP,
      long seed,
      LogitChanges changes,
      int likeliest,
      TokenRule rule) {
    this(temperature, topK, topP, minP, seed, changes, likeliest, rule, null, false);
  }

  /** For an embedding. */
  public static Sampling pooled(Pooling pooling) {
    return new Sampling(0, 0, 1, 0, 0, LogitChanges.NONE, 0, null, pooling, false);
  }

  /** Without changes or a rule. */
  public Sampling(double temperature, int topK, double topP, double minP, long seed) {
    this(temperature, topK, topP, minP, seed, LogitChanges.NONE, 0, null);
  }

  /** The likeliest token, always. */
  public static final Sampling GREEDY = new Sampling(0, 0, 1, 0, 0);

  public Sampling {
    require(temperature >= 0 && temperature <= 100, "temperature", temperature, "0 to 100");
    require(topK >= 0, "top_k", topK, "0 (all) or more");
    require(topP > 0 && topP <= 1, "top_p", topP, "above 0, up to 1");
    require(minP >= 0 && minP <= 1, "min_p", minP, "0 to 1");
    require(likeliest >= 0, "top_logprobs", likeliest, "0 or more");
  }

  /** The same with another seed. */
  public Sampling withSeed(long other) {
    return new Sampling(
        temperature, topK, topP, minP, other, changes, likeliest, rule, pooling, scoresPrompt);
  }

  /** The same under a rule. */
  public Sampling withRule(TokenRule other) {
    return new Sampling(
        temperature, topK, topP, minP, seed, changes, likeliest, other, pooling, scoresPrompt);
  }

  /** The same, telling the probabilities of the prompt's tokens. */
  public Sampling scoringPrompt() {
    return new Sampling(
        temperature, topK, topP, minP, seed, changes, likeliest, rule, pooling, true);
  }

  /** Whether all of the prompt must be computed, also what the prefix cache has. */
  public boolean needsWholePrompt() {
    return scoresPrompt || (pooling != null && pooling.needsWholePrompt());
  }

  static void require(boolean holds, String name, Number value, String allowed) {
    if (!holds) {
      throw new IllegalArgumentException(name + " is " + value + "; allowed: " + allowed);
    }
  }
}
