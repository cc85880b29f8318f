package io.slinfer.cli;

import java.io.PrintWriter;

/** One line that fills up while a long command runs; silent when nobody watches a terminal. */
final class ProgressBar {

  private static final int WIDTH = 40;

  private final PrintWriter out;
  private final String label;
  private final boolean watched;
  private int shown = -1;

  ProgressBar(PrintWriter out, String label) {
    this.out = out;
    this.label = label;
    this.watched = System.console() != null && System.console().isTerminal();
  }

  /** Shows which part is done, 0 to 1. */
  void show(double part) {
    int filled = (int) Math.round(part * WIDTH);
    if (watched && filled != shown) {
      shown = filled;
      out.print("\r" + "#".repeat(filled) + ".".repeat(WIDTH - filled) + " " + label);
      out.flush();
    }
  }

  /** Clears the line. */
  void end() {
    if (watched && shown >= 0) {
      out.print("\r" + " ".repeat(WIDTH + 1 + label.length()) + "\r");
      out.flush();
    }
  }
}
