package io.slinfer.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.slinfer.model.gguf.GgufWriter;
import io.slinfer.model.gguf.TensorType;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

final class InspectCommandTest {

  private static final Path DEMO = Path.of("models/demo-chat.gguf");
  private static final Path EDGES = Path.of("src/test/resources/conformance/gguf-edge");

  @TempDir Path folder;

  @Test
  void saysWhatAModelIsAndNeeds() throws IOException {
    JsonNode report = inspect(DEMO);
    assertTrue(report.get("servable").booleanValue());
    assertTrue(report.get("reason").isNull());
    assertEquals("demo-chat", report.get("model").textValue());
    assertEquals("llama", report.get("architecture").textValue());
    assertEquals(1024, report.get("context_tokens").intValue());
    assertEquals(Files.size(DEMO), report.get("bytes").longValue());
    JsonNode memory = report.get("memory");
    long tensorBytes = 0;
    for (JsonNode tensor : report.get("tensors")) {
      tensorBytes += tensor.get("bytes").longValue();
    }
    assertEquals(tensorBytes, memory.get("weight_bytes").longValue());
    JsonNode metadata = report.get("metadata");
    long layers = metadata.get("llama.block_count").longValue();
    long keyHeads = metadata.get("llama.attention.head_count_kv").longValue();
    long headSize = metadata.get("llama.rope.dimension_count").longValue();
    assertEquals(
        2 * 2 * layers * keyHeads * headSize, memory.get("kv_bytes_per_token").longValue());
    assertTrue(memory.get("scratch_bytes").longValue() > 0);
    assertEquals(3072, metadata.get("tokenizer.ggml.tokens").get("count").intValue());
  }

  @Test
  void listsTheTensors() throws IOException {
    JsonNode tensors = inspect(DEMO).get("tensors");
    JsonNode embedding = null;
    for (JsonNode tensor : tensors) {
      if (tensor.get("name").textValue().equals("token_embd.weight")) {
        embedding = tensor;
      }
    }
    assertEquals("Q8_0", embedding.get("type").textValue());
    assertEquals(8, embedding.get("type_code").intValue());
    assertEquals(3072, embedding.get("dimensions").get(1).intValue());
  }

  @Test
  void givesArraysWholeWhenAsked() throws IOException {
    JsonNode metadata = inspect(DEMO, "--all").get("metadata");
    assertEquals(3072, metadata.get("tokenizer.ggml.tokens").size());
  }

  @Test
  void acceptsAWellFormedFileThatCannotBeServed() throws IOException {
    JsonNode report = inspect(EDGES.resolve("all_types.gguf"));
    assertFalse(report.get("servable").booleanValue());
    assertFalse(report.get("reason").textValue().isEmpty());
    JsonNode metadata = report.get("metadata");
    assertEquals("18446744073709551615", metadata.get("t.u64").asText());
    assertEquals("[0.5,-0.5]", metadata.get("t.arr_f32").toString());
    assertEquals(2, report.get("tensors").size());
  }

  @Test
  void namesTheTensorWhoseTypeCannotBeServed() throws IOException {
    Path file = folder.resolve("odd.gguf");
    new GgufWriter()
        .put("general.architecture", "llama")
        .put("llama.block_count", 1L)
        .put("llama.embedding_length", 256L)
        .put("llama.context_length", 128L)
        .put("llama.attention.head_count", 4L)
        .put("llama.attention.layer_norm_rms_epsilon", 1e-5)
        .put("llama.feed_forward_length", 256L)
        .tensor("token_embd.weight", TensorType.IQ2_XXS, 256L, 300L)
        .write(file, tensor -> {});
    JsonNode report = inspect(file);
    assertFalse(report.get("servable").booleanValue());
    String reason = report.get("reason").textValue();
    assertTrue(reason.contains("token_embd.weight") && reason.contains("IQ2_XXS"), reason);
    assertEquals("IQ2_XXS", report.get("tensors").get(0).get("type").textValue());
  }

  @Test
  void failsInOneLineForAFileThatMustBeRefused() {
    assertEquals(1, SlinferCommand.run("inspect", "--model", EDGES + "/bad_magic.gguf"));
    assertEquals(1, SlinferCommand.run("inspect", "--model", folder + "/absent.gguf"));
    assertEquals(2, SlinferCommand.run("inspect"));
  }

  @Test
  void printsTheSameForPeople() {
    String text = run(DEMO.toString());
    assertTrue(text.contains("general.architecture = \"llama\""), text);
    assertTrue(text.contains("kv_bytes_per_token"), text);
    assertTrue(text.lines().anyMatch(line -> line.startsWith("blk.0.attn_q.weight")), text);
  }

  private static JsonNode inspect(Path file, String... more) throws IOException {
    String[] arguments =
        Stream.concat(Stream.of(file.toString(), "--json"), Arrays.stream(more))
            .toArray(String[]::new);
    String output = run(arguments);
    assertEquals(1, output.lines().count(), output);
    return new ObjectMapper().readTree(output);
  }

  private static String run(String... arguments) {
    StringWriter output = new StringWriter();
    CommandLine command = new CommandLine(new InspectCommand()).setOut(new PrintWriter(output));
    String[] withModel =
        Stream.concat(Stream.of("--model"), Arrays.stream(arguments)).toArray(String[]::new);
    assertEquals(0, command.execute(withModel), output.toString());
    return output.toString();
  }
}
