package io.slinfer.model.gguf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The container files of format conf-gguf-edge/1: each read right or refused. */
final class GgufEdgeTest {

  @Test
  void readsOrRefusesEveryEdgeFile() throws Exception {
    assertEquals(18, checkAll(Path.of(getClass().getResource("/conformance/gguf-edge").toURI())));
  }

  @Test
  void readsOrRefusesEveryEdgeFileOfTheSharedFixtures() throws IOException {
    Path folder = Path.of(System.getProperty("slinfer.shared"), "conformance/gguf-edge");
    assumeTrue(Files.exists(folder), "the shared fixtures folder is absent");
    assertTrue(checkAll(folder) > 0);
  }

  private static int checkAll(Path folder) throws IOException {
    JsonNode cases =
        new ObjectMapper().readTree(folder.resolve("cases.json").toFile()).get("cases");
    for (JsonNode edge : cases) {
      Path file = folder.resolve(edge.get("file").textValue());
      boolean lenient = edge.path("lenient").booleanValue();
      if (edge.get("valid").booleanValue()) {
        try (GgufFile gguf = GgufFile.open(file)) {
          check(gguf, edge);
        } catch (GgufException refusal) {
          assertTrue(lenient, refusal.getMessage());
        }
      } else if (!lenient) {
        GgufException refusal = assertThrows(GgufException.class, () -> GgufFile.open(file));
        assertTrue(refusal.getMessage().startsWith(file + ": "), refusal.getMessage());
      }
    }
    return cases.size();
  }

  private static void check(GgufFile gguf, JsonNode edge) {
    String name = edge.get("file").textValue();
    assertEquals(edge.get("tensors").size(), gguf.tensors().size(), name);
    for (Map.Entry<String, JsonNode> expected : edge.get("tensors").properties()) {
      GgufTensor tensor = gguf.tensors().get(expected.getKey());
      List<Long> dimensions = new ArrayList<>();
      expected.getValue().get("dims").forEach(size -> dimensions.add(size.longValue()));
      assertEquals(dimensions, tensor.dimensions(), name);
      assertEquals(expected.getValue().get("type").intValue(), tensor.type().code(), name);
      float[] numbers = Dequantizer.expand(tensor);
      JsonNode first = expected.getValue().get("first");
      for (int i = 0; i < first.size(); i++) {
        assertEquals(first.get(i).floatValue(), numbers[i], name);
      }
      assertEquals(expected.getValue().get("last").floatValue(), numbers[numbers.length - 1], name);
    }
    for (Map.Entry<String, JsonNode> pair : edge.path("kv").properties()) {
      checkValue(pair.getValue(), gguf.metadata().values().get(pair.getKey()), pair.getKey());
    }
  }

  private static void checkValue(JsonNode expected, Object value, String key) {
    switch (value) {
      case double[] numbers -> assertArrayEquals(doubles(expected), numbers, key);
      case long[] integers -> assertArrayEquals(longs(expected), integers, key);
      case boolean[] bools -> {
        assertEquals(expected.size(), bools.length, key);
        for (int i = 0; i < bools.length; i++) {
          assertEquals(expected.get(i).booleanValue(), bools[i], key);
        }
      }
      case List<?> strings -> {
        assertEquals(expected.size(), strings.size(), key);
        for (int i = 0; i < strings.size(); i++) {
          assertEquals(expected.get(i).textValue(), strings.get(i), key);
        }
      }
      case Double number -> assertEquals(expected.doubleValue(), number, key);
      default -> assertEquals(expected.asText(), value.toString(), key);
    }
  }

  private static double[] doubles(JsonNode array) {
    double[] numbers = new double[array.size()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = array.get(i).doubleValue();
    }
    return numbers;
  }

  private static long[] longs(JsonNode array) {
    long[] numbers = new long[array.size()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = array.get(i).longValue();
    }
    return numbers;
  }
}
