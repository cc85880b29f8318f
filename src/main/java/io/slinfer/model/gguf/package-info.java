/**
 * GGUF files.
 *
 * <p>Owns: the reader, tensor types, metadata, split files.
 *
 * <p>May use: java.base only.
 *
 * <p>Must not: know an engine or a tokenizer; allocate before a count is checked against the file.
 *
 * <p>Thread: any; files are immutable once open.
 */
package io.slinfer.model.gguf;
