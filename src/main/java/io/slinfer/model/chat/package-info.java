/**
 * Chat templates as models carry them: the part of Jinja that they use.
 *
 * <p>Owns: the lexer, parser and interpreter of templates, and their built-in filters and tests.
 *
 * <p>May use: java.base only.
 *
 * <p>Must not: do I/O, run without a bound on time and output, know HTTP.
 *
 * <p>Thread: templates are immutable.
 */
package io.slinfer.model.chat;
