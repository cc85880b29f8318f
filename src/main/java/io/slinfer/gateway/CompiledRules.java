package io.slinfer.gateway;

import io.slinfer.constraint.ConstraintException;
import io.slinfer.constraint.Grammar;
import io.slinfer.constraint.TokenConstraint;
import io.slinfer.constraint.TokenTrie;
import io.slinfer.constraint.Vocabulary;
import io.slinfer.model.tokenizer.Tokenizer;
import io.slinfer.request.TokenRule;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The grammars compiled for one model's vocabulary: the trie of its tokens, made on first use, and
 * the rules used last. Safe for any thread; {@link #of} may take seconds the first time, so it is
 * for worker threads.
 */
public final class CompiledRules {

  /** Each may hold token masks of up to {@link TokenConstraint#MAX_MASK_BYTES}. */
  private static final int MOST_RULES = 16;

  private final Tokenizer tokenizer;

  /** Guarded by this; null until a rule is asked for. */
  private TokenTrie trie;

  /** Guarded by {@code rules}; the one used last comes last. */
  private final Map<String, TokenRule> rules = new LinkedHashMap<>(16, 0.75f, true);

  public CompiledRules(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  /** The rule under a key; null if it has to be compiled. */
  TokenRule known(String key) {
    synchronized (rules) {
      return rules.get(key);
    }
  }

  /**
   * The rule of a grammar, compiled unless it is known; one at a time, so that requests that ask
   * for the same share it.
   *
   * @param key equal for equal grammars
   * @throws ConstraintException with a message fit for the caller
   */
  public synchronized TokenRule of(String key, Supplier<Grammar> grammar) {
    TokenRule known = known(key);
    if (known != null) {
      return known;
    }
    if (trie == null) {
      trie = new TokenTrie(new Tokens(tokenizer));
    }
    Grammar source = grammar.get();
    TokenRule compiled = new GrammarRule(key, source, TokenConstraint.compile(source, trie));
    synchronized (rules) {
      rules.put(key, compiled);
      if (rules.size() > MOST_RULES) {
        rules.remove(rules.keySet().iterator().next());
      }
    }
    return compiled;
  }

  /** A tokenizer as constraints see it: what has no bytes but a written form is control. */
  private record Tokens(Tokenizer tokenizer) implements Vocabulary {

    @Override
    public int size() {
      return tokenizer.vocabularySize();
    }

    @Override
    public byte[] piece(int token) {
      return tokenizer.piece(token, true);
    }

    @Override
    public boolean endsGeneration(int token) {
      return tokenizer.endsGeneration(token);
    }

    @Override
    public boolean control(int token) {
      return tokenizer.piece(token, false).length == 0;
    }
  }
}
