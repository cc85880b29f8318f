/**
 * What the operator decided: conf/*.yaml read into validated records.
 *
 * <p>Owns: the settings records, their defaults, the reader that names every bad key.
 *
 * <p>May use: request, cost, Jackson.
 *
 * <p>Must not: start anything; no other room reads a system property or a configuration file.
 *
 * <p>Thread: settings are immutable; reading happens on the main thread.
 */
package io.slinfer.config;
