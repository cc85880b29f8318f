package io.slinfer.model.gguf;

import static io.slinfer.model.gguf.GgufBytes.I32;
import static io.slinfer.model.gguf.GgufBytes.STRING;
import static io.slinfer.model.gguf.GgufBytes.U16;
import static io.slinfer.model.gguf.GgufBytes.header;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class GgufSplitTest {

  @TempDir Path folder;

  @Test
  void joinsThePartsOfASplitModel() throws IOException {
    Path first = writePart(0, 3, 3, "a");
    writePart(1, 3, 3, "b");
    writePart(2, 3, 3, "c");
    try (GgufFile gguf = GgufFile.open(first)) {
      assertEquals(List.of("a", "b", "c"), List.copyOf(gguf.tensors().keySet()));
      assertEquals("part 0", gguf.metadata().string("name").orElseThrow());
      assertEquals(3, gguf.parts().size());
      assertEquals(first, gguf.path());
      assertEquals(3 * Files.size(first), gguf.byteSize());
    }
  }

  @Test
  void refusesASplitModelThatLacksAPart() throws IOException {
    Path first = writePart(0, 3, 3, "a");
    writePart(2, 3, 3, "c");
    refuses(first, folder.resolve("m-00002-of-00003.gguf") + ": file: does not exist");
  }

  @Test
  void refusesALaterPartAndNamesTheFirst() throws IOException {
    writePart(0, 2, 2, "a");
    Path second = writePart(1, 2, 2, "b");
    refuses(second, second + ": split.no: not the first part; open m-00001-of-00002.gguf");
  }

  @Test
  void refusesPartsThatDoNotBelongTogether() throws IOException {
    Path first = writePart(0, 2, 2, "a");
    Path second = writePart(1, 2, 2, "a");
    refuses(first, second + ": a: is in an earlier part too");
    part(0, 2, 2, "b").write(second);
    refuses(first, second + ": split.no: 0 instead of 1");
    part(1, 3, 2, "b").write(second);
    refuses(first, second + ": split.count: 3 instead of 2");
    header(1, 0).tensor("b", 0, 0, 8).data(32, 32).write(second);
    refuses(first, second + ": split.no: is missing");
    part(1, 2, 2, "b").write(second);
    part(0, 2, 5, "a").write(first);
    refuses(first, first + ": split.tensors.count: 5 promised, the parts have 2");
  }

  @Test
  void refusesASplitModelUnderAnotherName() throws IOException {
    Path renamed = part(0, 2, 2, "a").write(folder.resolve("renamed.gguf"));
    refuses(
        renamed,
        renamed + ": split.count: 2 parts, but the file name does not end in -00001-of-00002.gguf");
  }

  @Test
  void readsTheNamesOfParts() {
    assertEquals(
        Optional.of(new SplitName("a-b", 2, 12)),
        SplitName.of(Path.of("x/a-b-00002-of-00012.gguf")));
    assertEquals("a-b-00003-of-00012.gguf", new SplitName("a-b", 2, 12).fileName(3));
    assertEquals(Optional.empty(), SplitName.of(Path.of("a-00000-of-00002.gguf")));
    assertEquals(Optional.empty(), SplitName.of(Path.of("a-00003-of-00002.gguf")));
    assertEquals(Optional.empty(), SplitName.of(Path.of("a-1-of-2.gguf")));
    assertEquals(Optional.empty(), SplitName.of(Path.of("a.gguf")));
  }

  private Path writePart(int number, int count, int tensors, String tensor) throws IOException {
    return part(number, count, tensors, tensor)
        .write(folder.resolve(new SplitName("m", 1, count).fileName(number + 1)));
  }

  private static GgufBytes part(int number, int count, int tensors, String tensor) {
    return header(1, 4)
        .key("split.no", U16)
        .u16(number)
        .key("split.count", U16)
        .u16(count)
        .key("split.tensors.count", I32)
        .u32(tensors)
        .key("name", STRING)
        .string("part " + number)
        .tensor(tensor, 0, 0, 8)
        .data(32, 32);
  }

  private static void refuses(Path file, String message) {
    GgufException refusal = assertThrows(GgufException.class, () -> GgufFile.open(file));
    assertTrue(refusal.getMessage().equals(message), refusal.getMessage());
  }
}
