/** The entry point. Owns: Main. May use: cli. Must not: do anything else. Thread: main. */
package io.slinfer;
