package io.slinfer.ffi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

@Isolated("watches the memory of the whole process")
final class ReservedMemoryTest {

  private static final long MEBIBYTE = 1 << 20;

  @Test
  void takesMemoryWhenWrittenAndGivesItBackAtOnce() throws IOException {
    try (ReservedMemory memory = ReservedMemory.of(1L << 40)) {
      long before = residentBytes();
      MemorySegment part = memory.segment().asSlice(512 * MEBIBYTE, 256 * MEBIBYTE);
      part.fill((byte) 7);
      long written = residentBytes();
      assertTrue(written - before > 240 * MEBIBYTE, before + " to " + written);
      memory.release(512 * MEBIBYTE, 128 * MEBIBYTE);
      long released = residentBytes();
      assertTrue(written - released > 120 * MEBIBYTE, written + " to " + released);
      assertEquals(0, part.get(ValueLayout.JAVA_BYTE, 0));
      assertEquals(7, part.get(ValueLayout.JAVA_BYTE, 128 * MEBIBYTE));
    }
  }

  @Test
  void aMappedFileLeavesTheMemoryAndCanBeReadAgain(@TempDir Path folder) throws IOException {
    Path path = folder.resolve("weights");
    byte[] bytes = new byte[(int) (64 * MEBIBYTE)];
    new Random(1).nextBytes(bytes);
    Files.write(path, bytes);
    try (FileChannel channel = FileChannel.open(path);
        Arena arena = Arena.ofConfined()) {
      MemorySegment file =
          channel.map(FileChannel.MapMode.READ_ONLY, 0, 64 * MEBIBYTE, arena).asSlice(100);
      long before = residentBytes();
      ReservedMemory.read(file);
      long read = residentBytes();
      assertTrue(read - before > 56 * MEBIBYTE, before + " to " + read);
      ReservedMemory.drop(file);
      long dropped = residentBytes();
      assertTrue(read - dropped > 56 * MEBIBYTE, read + " to " + dropped);
      assertEquals(-1, file.mismatch(MemorySegment.ofArray(bytes).asSlice(100)));
    }
  }

  @Test
  void cannotBeUsedOnceClosed() {
    ReservedMemory memory = ReservedMemory.of(1);
    MemorySegment segment = memory.segment();
    assertEquals(ReservedMemory.PAGE_BYTES, segment.byteSize());
    memory.close();
    assertThrows(
        IllegalStateException.class, () -> segment.set(ValueLayout.JAVA_BYTE, 0, (byte) 1));
  }

  @Test
  void refusesToReleaseWhatIsNotWholePagesOfIt() {
    try (ReservedMemory memory = ReservedMemory.of(2 * MEBIBYTE)) {
      assertThrows(IllegalArgumentException.class, () -> memory.release(1, 4096));
      assertThrows(IllegalArgumentException.class, () -> memory.release(0, 100));
      assertThrows(IndexOutOfBoundsException.class, () -> memory.release(2 * MEBIBYTE, 4096));
    }
  }

  @Test
  void saysWhenThereIsNoAddressSpace() {
    OutOfMemoryError refused =
        assertThrows(OutOfMemoryError.class, () -> ReservedMemory.of(1L << 60));
    assertTrue(refused.getMessage().contains("address space"), refused.getMessage());
  }

  private static long residentBytes() throws IOException {
    String[] pages = Files.readString(Path.of("/proc/self/statm")).split(" ");
    return Long.parseLong(pages[1]) * ReservedMemory.PAGE_BYTES;
  }
}
