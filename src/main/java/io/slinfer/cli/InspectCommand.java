package io.slinfer.cli;

import io.slinfer.model.gguf.GgufFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code slinfer inspect}: what a model file holds, whether it can be served, what it needs. */
@Command(
    name = "inspect",
    description =
        "Lists a model file's metadata and tensors, whether it can be served, and the memory it"
            + " needs.",
    mixinStandardHelpOptions = true)
final class InspectCommand implements Callable<Integer> {

  @Option(
      names = "--model",
      required = true,
      description = "A GGUF file; of a split model the first part.")
  private Path model;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Option(
      names = "--all",
      description = "Print metadata arrays whole, however long; by default only their beginning.")
  private boolean wholeArrays;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    try (GgufFile file = GgufFile.open(model)) {
      InspectReport report = new InspectReport(file, wholeArrays);
      if (json) {
        out.println(report.toJson());
      } else {
        report.print(out);
      }
    }
    out.flush();
    return 0;
  }
}
