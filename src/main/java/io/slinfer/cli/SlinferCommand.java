package io.slinfer.cli;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The root of the command line; every command of the contract is one subcommand class in this
 * package.
 */
@Command(
    name = "slinfer",
    description =
        "Serves many private language models from few machines, a deadline for every token.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class)
public final class SlinferCommand {

  private static final List<Class<?>> COMMANDS =
      List.of(
          CommandLine.HelpCommand.class,
          ServeCommand.class,
          GenerateCommand.class,
          TokenizeCommand.class,
          RenderCommand.class,
          InspectCommand.class,
          BenchCommand.class,
          LoadTestCommand.class,
          SimulateCommand.class,
          ProfileCommand.class,
          TopCommand.class,
          CompareCommand.class,
          MakeModelCommand.class);

  private SlinferCommand() {}

  /**
   * Runs one command line: 0 on success, otherwise non-zero with one line on stderr and no stack
   * trace (set {@code SLINFER_TRACE=1} for the trace).
   */
  public static int run(String... arguments) {
    CommandLine commandLine = new CommandLine(new SlinferCommand());
    commands(arguments).forEach(commandLine::addSubcommand);
    commandLine.setOut(utf8(System.out));
    commandLine.setErr(utf8(System.err));
    commandLine.setExecutionExceptionHandler(
        (failure, command, parsed) -> {
          if (System.getenv("SLINFER_TRACE") != null) {
            failure.printStackTrace(command.getErr());
          }
          command.getErr().println("slinfer: " + oneLine(failure));
          return 1;
        });
    commandLine.setParameterExceptionHandler(
        (failure, parsed) -> {
          CommandLine command = failure.getCommandLine();
          String more =
              failure instanceof UnmatchedArgumentException && command.getParent() == null
                  ? "; `help` lists the commands"
                  : "";
          command.getErr().println("slinfer: " + oneLine(failure) + more);
          return 2;
        });
    return commandLine.execute(arguments);
  }

  /** The command that is named, or all if none is: reading all of them takes 0.2 s. */
  private static List<Class<?>> commands(String... arguments) {
    String first = arguments.length == 0 ? "" : arguments[0];
    List<Class<?>> named =
        COMMANDS.stream()
            .filter(command -> command.getAnnotation(Command.class).name().equals(first))
            .filter(command -> command != CommandLine.HelpCommand.class)
            .toList();
    return named.isEmpty() ? COMMANDS : named;
  }

  /** Output is UTF-8 whatever the locale of the terminal. */
  private static PrintWriter utf8(PrintStream stream) {
    return new PrintWriter(stream, true, StandardCharsets.UTF_8);
  }

  /** What went wrong, in one line. */
  static String oneLine(Throwable failure) {
    String message = failure.getMessage();
    String kind = failure.getClass().getSimpleName();
    String text = message == null || message.isBlank() ? kind : message;
    if (failure instanceof FileSystemException file && file.getReason() == null) {
      // Its message is the bare path.
      text = message + ": " + reason(file);
    }
    return text.replaceAll("\\s*\\R\\s*", " ");
  }

  private static String reason(FileSystemException failure) {
    return switch (failure) {
      case NoSuchFileException _ -> "no such file or folder";
      case AccessDeniedException _ -> "permission denied";
      case FileAlreadyExistsException _ -> "is there already";
      case NotDirectoryException _ -> "is no folder";
      default -> failure.getClass().getSimpleName();
    };
  }
}
