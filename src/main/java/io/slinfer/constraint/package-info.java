/**
 * Constrained generation: a grammar over text, compiled to an automaton over bytes, that says at
 * each step which tokens of a vocabulary may come next.
 *
 * <p>Owns: grammars and their notation (GBNF), the pushdown automaton, the token trie, the cached
 * token masks, the constraint of a sequence.
 *
 * <p>May use: java.base only; a vocabulary comes in as {@link io.slinfer.constraint.Vocabulary}.
 *
 * <p>Must not: know a tokenizer, an engine or HTTP; sample; do I/O.
 *
 * <p>Thread: grammars, tries and constraints are safe for any thread; a ConstraintState is confined
 * to its sequence's owner.
 */
package io.slinfer.constraint;
