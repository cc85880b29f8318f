/**
 * Files under conf/ as settings records.
 *
 * <p>Owns: reading YAML, naming every bad key.
 *
 * <p>May use: request, cost, Jackson.
 *
 * <p>Must not: decide, start anything.
 *
 * <p>Thread: values are immutable.
 */
package io.slinfer.config;
