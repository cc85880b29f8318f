package io.slinfer;

import io.slinfer.cli.SlinferCommand;

/** The process entry point: hands the arguments to the command line and exits with its status. */
public final class Main {

  private Main() {}

  public static void main(String[] arguments) {
    System.exit(SlinferCommand.run(arguments));
  }
}
