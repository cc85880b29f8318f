package io.slinfer.cli;

import io.slinfer.model.LlamaShape;
import io.slinfer.model.QuantisationMix;
import io.slinfer.model.RandomLlama;
import io.slinfer.model.gguf.GgufFile;
import io.slinfer.model.gguf.GgufMetadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Writes a llama model with random weights, for benchmarks; {@code scripts/make-model}. */
@Command(
    name = "make-model",
    description = "Writes a llama model of a given shape with random weights, for benchmarks.",
    mixinStandardHelpOptions = true)
final class MakeModelCommand implements Callable<Integer> {

  @Option(
      names = "--shape",
      required = true,
      description =
          "tiny, 100m, 1.1b, 3b, 8b, or hidden,layers,heads,keyHeads,feedForward,vocabulary")
  private String shape;

  @Option(names = "--type", required = true, description = "${COMPLETION-CANDIDATES}")
  private QuantisationMix type;

  @Option(names = "--seed", defaultValue = "1", description = "default ${DEFAULT-VALUE}")
  private long seed;

  @Option(names = "--out", required = true, description = "the GGUF file to write")
  private Path out;

  @Option(
      names = "--tokenizer",
      defaultValue = "${sys:slinfer.home:-.}/models/demo-chat.gguf",
      description = "the GGUF file whose tokenizer to take; default: demo-chat")
  private Path tokenizer;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    GgufMetadata metadata;
    try (GgufFile file = GgufFile.open(tokenizer)) {
      metadata = file.metadata();
    }
    new RandomLlama(LlamaShape.of(shape), type, metadata, seed).write(out);
    spec.commandLine().getOut().println(out + " " + Files.size(out) + " bytes");
    return 0;
  }
}
