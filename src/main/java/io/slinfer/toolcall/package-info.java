/**
 * What models write besides plain answers: calls of tools in the formats of the common families,
 * and reasoning between markers.
 *
 * <p>Owns: the formats, their incremental parsers and their grammars; the reasoning splitter.
 *
 * <p>May use: constraint, constraint.schema, Jackson's tree.
 *
 * <p>Must not: know HTTP, a tokenizer or an engine; do I/O.
 *
 * <p>Thread: formats and grammars are immutable; a parser is confined to its answer's owner.
 */
package io.slinfer.toolcall;
