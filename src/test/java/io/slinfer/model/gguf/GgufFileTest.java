package io.slinfer.model.gguf;

import static io.slinfer.model.gguf.GgufBytes.ARRAY;
import static io.slinfer.model.gguf.GgufBytes.BOOL;
import static io.slinfer.model.gguf.GgufBytes.I32;
import static io.slinfer.model.gguf.GgufBytes.STRING;
import static io.slinfer.model.gguf.GgufBytes.U16;
import static io.slinfer.model.gguf.GgufBytes.U32;
import static io.slinfer.model.gguf.GgufBytes.U64;
import static io.slinfer.model.gguf.GgufBytes.U8;
import static io.slinfer.model.gguf.GgufBytes.header;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class GgufFileTest {

  private static final int F32_TYPE = 0;

  @TempDir Path folder;

  @Test
  void namesFileFieldAndReasonOfARefusal() throws IOException {
    Path file = folder.resolve("broken.gguf");
    header(0, 1).key("llama.block_count", 77).write(file);
    GgufException refusal = assertThrows(GgufException.class, () -> GgufFile.open(file));
    assertEquals(file + ": llama.block_count: value type 77 is unknown", refusal.getMessage());
  }

  @Test
  void refusesTensorsThatOverlap() throws IOException {
    refuses(
        header(2, 0).tensor("a", F32_TYPE, 0, 16).tensor("b", F32_TYPE, 32, 4).data(32, 64),
        "b: its data overlap those of a");
  }

  @Test
  void acceptsTensorsInAnyOrderOfTheirData() throws IOException {
    Path file =
        header(2, 0)
            .tensor("second", F32_TYPE, 32, 4)
            .tensor("first", F32_TYPE, 0, 8)
            .data(32, 48)
            .write(folder.resolve("f.gguf"));
    try (GgufFile gguf = GgufFile.open(file)) {
      assertEquals(List.of("second", "first"), List.copyOf(gguf.tensors().keySet()));
      assertEquals(0x03020100, gguf.tensors().get("first").data().get(LittleEndian.INT, 0));
      assertEquals(0x23222120, gguf.tensors().get("second").data().get(LittleEndian.INT, 0));
    }
  }

  @Test
  void refusesATensorNamedTwice() throws IOException {
    refuses(
        header(2, 0).tensor("a", F32_TYPE, 0, 4).tensor("a", F32_TYPE, 32, 4).data(32, 64),
        "a: this tensor appears twice");
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 31, 38, 43, 1000, -1})
  void refusesATensorTypeThatTheFormatDoesNotHave(int code) throws IOException {
    refuses(
        header(1, 0).tensor("a", code, 0, 256).data(32, 4096),
        "a: tensor type " + Integer.toUnsignedString(code) + " is unknown");
  }

  @ParameterizedTest
  @EnumSource(TensorType.class)
  void listsATensorOfEveryTypeOfTheFormat(TensorType type) throws IOException {
    Path file =
        header(1, 0)
            .tensor("a", type.code(), 0, 512, 3)
            .data(32, 512 / type.blockLength() * type.blockBytes() * 3)
            .write(folder.resolve("f.gguf"));
    try (GgufFile gguf = GgufFile.open(file)) {
      GgufTensor tensor = gguf.tensors().get("a");
      assertEquals(type, tensor.type());
      assertEquals(3 * tensor.rowBytes(), tensor.data().byteSize());
    }
  }

  @Test
  void refusesRowsThatAreNotWholeBlocks() throws IOException {
    refuses(
        header(1, 0).tensor("a", TensorType.Q4_K.code(), 0, 128, 2).data(32, 1024),
        "a: row length 128 is no multiple of 256");
  }

  @Test
  void refusesDimensionsWhoseProductOverflows() throws IOException {
    refuses(
        header(1, 0).tensor("a", F32_TYPE, 0, 1L << 32, 1L << 32).data(32, 64),
        "a: dimension 1 is 4294967296, too large");
    refuses(
        header(1, 0).tensor("a", F32_TYPE, 0, -4).data(32, 64),
        "a: dimension 0 is 18446744073709551612, too large");
    refuses(
        header(1, 0).tensor("a", F32_TYPE, 0, 1L << 62).data(32, 64),
        "a: 4611686018427387904 elements are too many");
    refuses(
        header(1, 0).tensor("a", F32_TYPE, 0, 1L << 60).data(32, 64),
        "a: 4611686018427387904 bytes at data offset 0 lie past the file's end");
    refuses(
        header(1, 0).tensor("a", F32_TYPE, Long.MAX_VALUE - 31, 8).data(32, 64),
        "a: 32 bytes at data offset 9223372036854775776 lie past the file's end");
  }

  @Test
  void refusesTextThatIsNotUtf8() throws IOException {
    refuses(
        header(0, 1).key("k", STRING).u64(3).raw((byte) 'a', (byte) 0xC3, (byte) '('),
        "k: is not valid UTF-8 text");
    refuses(
        header(0, 1).u64(1).raw((byte) 0xFF).u32(U8).u8(1), "metadata key 0: is not valid UTF-8");
    byte[] longText = new byte[100_000];
    longText[99_999] = (byte) 0x80;
    refuses(header(0, 1).key("k", STRING).u64(100_000).raw(longText), "k: is not valid UTF-8");
  }

  @Test
  void keepsAReplacementCharacterThatTheFileHas() throws IOException {
    Path file = header(0, 1).key("k", STRING).string("a\uFFFDb").write(folder.resolve("f.gguf"));
    try (GgufFile gguf = GgufFile.open(file)) {
      assertEquals("a\uFFFDb", gguf.metadata().string("k").orElseThrow());
    }
  }

  @Test
  void refusesATruthValueOfTwo() throws IOException {
    refuses(header(0, 1).key("k", BOOL).u8(2), "k: is 2; a truth value is 0 or 1");
  }

  @Test
  void readsArraysFourDeepAndNoDeeper() throws IOException {
    GgufBytes four = header(0, 1).key("k", ARRAY);
    for (int depth = 1; depth < 4; depth++) {
      four.u32(ARRAY).u64(1);
    }
    four.u32(U16).u64(2).u16(7).u16(8);
    try (GgufFile gguf = GgufFile.open(four.write(folder.resolve("f.gguf")))) {
      List<?> outer = (List<?>) gguf.metadata().values().get("k");
      List<?> inner = (List<?>) ((List<?>) outer.getFirst()).getFirst();
      assertArrayEquals(new long[] {7, 8}, (long[]) inner.getFirst());
      assertThrows(IllegalArgumentException.class, () -> gguf.metadata().strings("k"));
    }
    GgufBytes many = header(0, 1).key("k", ARRAY);
    for (int depth = 1; depth < 10_000; depth++) {
      many.u32(ARRAY).u64(1);
    }
    refuses(many, "k: arrays lie more than 4 deep");
  }

  @Test
  void refusesCountsBeyondAnyModelEvenIfTheFileCouldHoldThem() throws IOException {
    Path file = folder.resolve("sparse.gguf");
    header(0, 1).key("k", ARRAY).u32(U8).u64(1L << 25).write(file);
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(1L << 32);
    }
    GgufException refusal = assertThrows(GgufException.class, () -> GgufFile.open(file));
    assertTrue(refusal.getMessage().contains("count 33554432 is too large"), refusal.getMessage());
  }

  @Test
  void refusesAnAlignmentThatIsNoPowerOfTwo() throws IOException {
    refuses(
        header(0, 1).key("general.alignment", U32).u32(24), "general.alignment: 24 is not a power");
    refuses(
        header(0, 1).key("general.alignment", STRING).string("32"),
        "general.alignment: 32 is not a power");
    refuses(
        header(0, 1).key("general.alignment", U64).u64(1L << 40),
        "general.alignment: 1099511627776 is not a power");
  }

  @Test
  void refusesBigEndianFilesAndOldVersionsByName() throws IOException {
    byte[] bytes = header(0, 0).toArray();
    bytes[4] = 0;
    bytes[7] = 3;
    refuses(bytes, "version: big-endian files are not supported");
    bytes[4] = 1;
    bytes[7] = 0;
    refuses(bytes, "version: 1 is not supported; allowed: 2, 3");
  }

  @Test
  void refusesWhatIsNoFile() {
    Path absent = folder.resolve("absent.gguf");
    GgufException refusal = assertThrows(GgufException.class, () -> GgufFile.open(absent));
    assertEquals(absent + ": file: does not exist", refusal.getMessage());
    refusal = assertThrows(GgufException.class, () -> GgufFile.open(folder));
    assertEquals(folder + ": file: is not a regular file", refusal.getMessage());
  }

  @Test
  void refusesEveryPrefixOfAFile() throws IOException {
    byte[] whole =
        header(1, 3)
            .key("general.alignment", U32)
            .u32(64)
            .key("s", ARRAY)
            .u32(STRING)
            .u64(2)
            .string("one")
            .string("")
            .key("n", I32)
            .u32(-5)
            .tensor("a", F32_TYPE, 0, 4)
            .data(64, 16)
            .toArray();
    Path file = folder.resolve("f.gguf");
    for (int length = 0; length < whole.length; length++) {
      Files.write(file, Arrays.copyOf(whole, length));
      assertThrows(GgufException.class, () -> GgufFile.open(file), "prefix of " + length);
    }
    Files.write(file, whole);
    try (GgufFile gguf = GgufFile.open(file)) {
      assertEquals(-5, gguf.metadata().integer("n").orElseThrow());
      assertEquals(List.of("one", ""), gguf.metadata().strings("s").orElseThrow());
    }
  }

  @Test
  void readsStringsThatCrossTheReadersWindow() throws IOException {
    GgufBytes bytes = header(0, 1).key("s", ARRAY).u32(STRING).u64(30_000);
    for (int i = 0; i < 30_000; i++) {
      bytes.string(i % 10_000 == 9_999 ? "ü".repeat(50_000) : "token " + i);
    }
    try (GgufFile gguf = GgufFile.open(bytes.write(folder.resolve("f.gguf")))) {
      List<String> strings = gguf.metadata().strings("s").orElseThrow();
      assertEquals("ü".repeat(50_000), strings.get(19_999));
      for (int i = 0; i < 30_000; i++) {
        assertTrue(i % 10_000 == 9_999 || strings.get(i).equals("token " + i), strings.get(i));
      }
    }
  }

  @Test
  void refusesToGiveTheTensorsOfAClosedFile() throws IOException {
    Path file =
        header(1, 0).tensor("a", F32_TYPE, 0, 4).data(32, 16).write(folder.resolve("f.gguf"));
    GgufFile gguf = GgufFile.open(file);
    GgufTensor tensor = gguf.tensors().get("a");
    assertTrue(tensor.data().isReadOnly());
    gguf.close();
    assertFalse(tensor.data().scope().isAlive());
    assertThrows(IllegalStateException.class, () -> Dequantizer.expand(tensor));
  }

  private void refuses(GgufBytes bytes, String reason) throws IOException {
    refuses(bytes.toArray(), reason);
  }

  private void refuses(byte[] bytes, String reason) throws IOException {
    Path file = Files.write(folder.resolve("refused.gguf"), bytes);
    GgufException refusal = assertThrows(GgufException.class, () -> GgufFile.open(file));
    assertTrue(
        refusal.getMessage().startsWith(file + ": " + reason),
        refusal.getMessage() + " instead of " + reason);
  }
}
