package io.slinfer.model.gguf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Dequantised rows against ggml's own numbers, bit for bit. */
final class DequantizerTest {

  @Test
  void everyTypeGivesTheBitsOfTheReference() throws IOException {
    try (InputStream rows = getClass().getResourceAsStream("/conformance/quant-rows.json.gz")) {
      assertEquals(15, checkAll(rows));
    }
  }

  @Test
  void everyCoreTypeOfTheSharedFixturesGivesTheBitsOfTheReference() throws IOException {
    Path file = Path.of(System.getProperty("slinfer.shared"), "conformance/quant/rows.json.gz");
    assumeTrue(Files.exists(file), "the shared fixtures folder is absent");
    try (InputStream rows = Files.newInputStream(file)) {
      assertTrue(checkAll(rows) >= 15);
    }
  }

  @Test
  void copiesFloat32AsItIs() {
    float[] numbers = {1.5f, -0f, Float.MIN_VALUE, Float.NEGATIVE_INFINITY};
    ByteBuffer bytes = ByteBuffer.allocate(17).order(ByteOrder.LITTLE_ENDIAN);
    bytes.position(1);
    for (float number : numbers) {
      bytes.putFloat(number);
    }
    float[] out = new float[4];
    Dequantizer.expand(TensorType.F32, MemorySegment.ofArray(bytes.array()), 1, 4, out);
    assertArrayEquals(numbers, out);
  }

  @ParameterizedTest
  @EnumSource(TensorType.class)
  void refusesWhatIsNotWholeBlocksOfWeights(TensorType type) {
    MemorySegment data = MemorySegment.ofArray(new byte[4 * type.blockBytes()]);
    int count = 4 * type.blockLength();
    if (!type.holdsWeights()) {
      assertThrows(
          IllegalArgumentException.class,
          () -> Dequantizer.expand(type, data, 0, count, new float[count]));
      return;
    }
    Dequantizer.expand(type, data, 0, count, new float[count]);
    assertThrows(
        IndexOutOfBoundsException.class,
        () -> Dequantizer.expand(type, data, 0, count, new float[count - 1]));
    assertThrows(
        IndexOutOfBoundsException.class,
        () -> Dequantizer.expand(type, data, 1, count, new float[count]));
    if (type.blockLength() > 1) {
      assertThrows(
          IllegalArgumentException.class,
          () -> Dequantizer.expand(type, data, 0, count - 1, new float[count]));
    }
  }

  /** Checks every core type in a fixture of format conf-quant-rows/1; returns how many. */
  private static int checkAll(InputStream gzipped) throws IOException {
    JsonNode types = new ObjectMapper().readTree(new GZIPInputStream(gzipped)).get("types");
    int checked = 0;
    for (JsonNode fixture : types) {
      if (fixture.get("core").booleanValue()) {
        TensorType type = TensorType.ofCode(fixture.get("ggml_type").intValue());
        assertEquals(fixture.get("block_elements").intValue(), type.blockLength(), type.name());
        assertEquals(fixture.get("block_bytes").intValue(), type.blockBytes(), type.name());
        check(type, fixture, "quantized_b64", "dequantized_f32le_b64");
        check(type, fixture, "random_bits_b64", "random_bits_dequantized_f32le_b64");
        checked++;
      }
    }
    return checked;
  }

  private static void check(TensorType type, JsonNode fixture, String blocks, String numbers) {
    byte[] data = Base64.getDecoder().decode(fixture.get(blocks).textValue());
    ByteBuffer expected =
        ByteBuffer.wrap(Base64.getDecoder().decode(fixture.get(numbers).textValue()))
            .order(ByteOrder.LITTLE_ENDIAN);
    int count = expected.remaining() / Float.BYTES;
    float[] out = new float[count];
    Dequantizer.expand(type, MemorySegment.ofArray(data), 0, count, out);
    for (int i = 0; i < count; i++) {
      float wanted = expected.getFloat(i * Float.BYTES);
      assertEquals(
          Float.floatToIntBits(wanted),
          Float.floatToIntBits(out[i]),
          type + " " + blocks + " number " + i + ": " + wanted + " but " + out[i]);
    }
    float[] throughSegment = new float[count];
    Dequantizer.expand(
        type, MemorySegment.ofArray(data), 0, count, MemorySegment.ofArray(throughSegment));
    assertEquals(-1, Arrays.mismatch(out, throughSegment), type + " through a segment");
    assertFalse(Arrays.equals(out, new float[count]), type + " gives only zeros");
    assertEquals(
        out[count - 1],
        MemorySegment.ofArray(throughSegment).getAtIndex(ValueLayout.JAVA_FLOAT, count - 1));
  }
}
