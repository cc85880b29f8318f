package io.slinfer.model.gguf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class GgufWriterTest {

  @TempDir Path folder;

  @Test
  void writesWhatTheReaderReads() throws IOException {
    Path file = folder.resolve("f.gguf");
    new GgufWriter()
        .put("u32", 4294967295L)
        .put("i32", -2147483648L)
        .put("i64", Long.MIN_VALUE)
        .put("f32", 0.5)
        .put("bool", true)
        .put("text", "grüße")
        .put("small", new long[] {1, -1})
        .put("large", new long[] {1L << 40})
        .put("numbers", new double[] {0.25, -8})
        .put("bools", new boolean[] {true, false})
        .put("texts", List.of("a", ""))
        .tensor("first", TensorType.F32, 3L)
        .tensor("second", TensorType.Q8_0, 64L, 2L)
        .write(file, tensor -> tensor.data().fill((byte) (tensor.name().equals("first") ? 1 : 2)));
    try (GgufFile gguf = GgufFile.open(file)) {
      GgufMetadata metadata = gguf.metadata();
      assertEquals(4294967295L, metadata.integer("u32").orElseThrow());
      assertEquals(-2147483648L, metadata.integer("i32").orElseThrow());
      assertEquals(Long.MIN_VALUE, metadata.integer("i64").orElseThrow());
      assertEquals(0.5, metadata.number("f32").orElseThrow());
      assertEquals(true, metadata.bool("bool").orElseThrow());
      assertEquals("grüße", metadata.string("text").orElseThrow());
      assertArrayEquals(new long[] {1, -1}, metadata.integers("small").orElseThrow());
      assertArrayEquals(new long[] {1L << 40}, metadata.integers("large").orElseThrow());
      assertArrayEquals(new double[] {0.25, -8}, metadata.numbers("numbers").orElseThrow());
      assertArrayEquals(new boolean[] {true, false}, metadata.bools("bools").orElseThrow());
      assertEquals(List.of("a", ""), metadata.strings("texts").orElseThrow());
      assertEquals(List.of("first", "second"), List.copyOf(gguf.tensors().keySet()));
      assertEquals(0x01010101, gguf.tensors().get("first").data().get(LittleEndian.INT, 8));
      GgufTensor second = gguf.tensors().get("second");
      assertEquals(2, second.rows());
      assertEquals(68, second.rowBytes());
      assertEquals(0x02020202, second.data().get(LittleEndian.INT, 132));
    }
  }

  @Test
  void leavesNoFileBehindWhenFillingFails() throws IOException {
    Path file = folder.resolve("f.gguf");
    GgufWriter writer = new GgufWriter().tensor("a", TensorType.F32, 4L);
    assertThrows(
        IllegalStateException.class,
        () ->
            writer.write(
                file,
                tensor -> {
                  throw new IllegalStateException("no weights");
                }));
    assertFalse(Files.exists(file));
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(List.of(), left.toList());
    }
  }

  @Test
  void refusesWhatTheFormatCannotHold() {
    GgufWriter writer = new GgufWriter().put("a", 1L);
    assertThrows(IllegalArgumentException.class, () -> writer.put("a", 2L));
    assertThrows(IllegalArgumentException.class, () -> writer.put("b", folder));
    assertThrows(
        IllegalArgumentException.class, () -> writer.tensor("t", TensorType.Q4_K, 128L, 2L));
  }
}
