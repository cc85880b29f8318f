package io.slinfer.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.slinfer.model.gguf.GgufFile;
import io.slinfer.model.tokenizer.Tokenizer;
import io.slinfer.model.tokenizer.Tokenizers;
import io.slinfer.model.tokenizer.Utf8;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code slinfer tokenize}: text from stdin into token ids, or ids into text. */
@Command(
    name = "tokenize",
    description = "Turns UTF-8 text on stdin into a model's token ids, or ids into text.",
    mixinStandardHelpOptions = true)
final class TokenizeCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Option(
      names = "--model",
      required = true,
      paramLabel = "F.gguf",
      description = "The model, or a file with just its vocabulary.")
  private Path model;

  @Option(names = "--no-bos", description = "Add neither BOS nor EOS.")
  private boolean noBos;

  @Option(names = "--no-special", description = "Read special tokens in the text as plain text.")
  private boolean noSpecial;

  @Option(names = "--decode", description = "Read ids between white space, give the text.")
  private boolean decode;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    Tokenizer tokenizer = tokenizer();
    String input = utf8(System.in.readAllBytes());
    Map<String, Object> result = new LinkedHashMap<>();
    int[] tokens = decode ? ids(input) : tokenizer.encode(input, !noBos, !noSpecial);
    result.put("tokens", tokens);
    if (decode) {
      result.put("text", Utf8.decode(tokenizer.decode(tokens, !noSpecial)));
    } else {
      result.put("pieces", pieces(tokenizer, tokens));
    }
    print(result, tokenizer, tokens);
    return 0;
  }

  private Tokenizer tokenizer() throws IOException {
    try (GgufFile file = GgufFile.open(model)) {
      return Tokenizers.of(file.metadata());
    } catch (IllegalArgumentException unusable) {
      throw new IOException(model + ": " + unusable.getMessage(), unusable);
    }
  }

  private void print(Map<String, Object> result, Tokenizer tokenizer, int[] tokens)
      throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(new ObjectMapper().writeValueAsString(result));
    } else if (decode) {
      out.print(result.get("text"));
    } else {
      for (int token : tokens) {
        out.println(token + "\t" + Utf8.decode(tokenizer.piece(token, true)));
      }
    }
    out.flush();
  }

  private static String[] pieces(Tokenizer tokenizer, int[] tokens) {
    return Arrays.stream(tokens)
        .mapToObj(token -> Utf8.decode(tokenizer.piece(token, true)))
        .toArray(String[]::new);
  }

  private static int[] ids(String input) {
    return Arrays.stream(input.strip().split("\\s+"))
        .filter(id -> !id.isEmpty())
        .mapToInt(
            id -> {
              try {
                return Integer.parseInt(id);
              } catch (NumberFormatException notAnId) {
                throw new IllegalArgumentException("'" + id + "' is not a token id", notAnId);
              }
            })
        .toArray();
  }

  private static String utf8(byte[] bytes) {
    ByteBuffer input = ByteBuffer.wrap(bytes);
    CharBuffer text = CharBuffer.allocate(bytes.length);
    if (StandardCharsets.UTF_8.newDecoder().decode(input, text, true).isError()) {
      throw new IllegalArgumentException("the input is not UTF-8 at byte " + input.position());
    }
    return text.flip().toString();
  }
}
