/**
 * The command line.
 *
 * <p>Owns: one class a command, their output formats and exit codes.
 *
 * <p>May use: every room.
 *
 * <p>Must not: hold logic that another room could need.
 *
 * <p>Thread: the main thread.
 */
package io.slinfer.cli;
