package io.slinfer.gateway;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.model.gguf.GgufFile;
import io.slinfer.model.gguf.GgufMetadata;
import io.slinfer.model.tokenizer.Tokenizer;
import io.slinfer.model.tokenizer.Tokenizers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class InfillPromptTest {

  private static final long CONTROL = 3;

  @Test
  void putsTheTextsBehindTheMarksOfTheModelsFamily() throws IOException {
    for (List<String> marks :
        List.of(
            List.of("<fim_prefix>", "<fim_suffix>", "<fim_middle>"),
            List.of("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"))) {
      Tokenizer tokenizer = demoWith(marks);
      int first = tokenizer.vocabularySize() - marks.size();
      int[] before = tokenizer.encode("int a = ", false, false);
      int[] after = tokenizer.encode(";\n<fim_middle>", false, false);
      List<Integer> expected = new ArrayList<>(List.of(first));
      Arrays.stream(before).forEach(expected::add);
      expected.add(first + 1);
      Arrays.stream(after).forEach(expected::add);
      expected.add(first + 2);
      assertArrayEquals(
          expected.stream().mapToInt(Integer::intValue).toArray(),
          InfillPrompt.of(tokenizer, "int a = ", ";\n<fim_middle>").orElseThrow());
    }
  }

  @Test
  void isNotThereWithoutAllThreeMarks() throws IOException {
    assertTrue(InfillPrompt.of(demoWith(List.of()), "a", "b").isEmpty());
    Tokenizer two = demoWith(List.of("<fim_prefix>", "<fim_suffix>"));
    assertTrue(InfillPrompt.of(two, "a", "b").isEmpty());
  }

  /** The demo model's tokenizer with more control tokens at its end. */
  private static Tokenizer demoWith(List<String> controls) throws IOException {
    try (GgufFile demo = GgufFile.open(Path.of("models/demo-chat.gguf"))) {
      Map<String, Object> values = new HashMap<>(demo.metadata().values());
      List<String> tokens =
          new ArrayList<>(demo.metadata().strings("tokenizer.ggml.tokens").orElseThrow());
      tokens.addAll(controls);
      long[] kinds = demo.metadata().integers("tokenizer.ggml.token_type").orElseThrow();
      int known = kinds.length;
      kinds = Arrays.copyOf(kinds, tokens.size());
      Arrays.fill(kinds, known, kinds.length, CONTROL);
      values.put("tokenizer.ggml.tokens", tokens);
      values.put("tokenizer.ggml.token_type", kinds);
      return Tokenizers.of(new GgufMetadata(values));
    }
  }
}
