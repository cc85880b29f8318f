/**
 * Grammars of JSON: of any object, and of the values that a JSON schema (draft 2020-12, the part
 * that an automaton can express) describes.
 *
 * <p>Owns: JsonSchemaGrammar, JsonSyntax and what reads schemas, patterns and formats.
 *
 * <p>May use: constraint, Jackson's tree.
 *
 * <p>Must not: know a tokenizer, an engine or HTTP; resolve references outside the schema; do I/O.
 *
 * <p>Thread: grammars are immutable; the rest is confined to one compilation.
 */
package io.slinfer.constraint.schema;
