/**
 * Tokenizers as GGUF files describe them.
 *
 * <p>Owns: byte-level BPE, SentencePiece, pre-tokenizers, special tokens, incremental decoding.
 * {@link io.slinfer.model.tokenizer.Tokenizers} is the way in.
 *
 * <p>May use: model.gguf.
 *
 * <p>Must not: know an engine or a chat template.
 *
 * <p>Thread: tokenizers are immutable, streams are confined to their user.
 */
package io.slinfer.model.tokenizer;
