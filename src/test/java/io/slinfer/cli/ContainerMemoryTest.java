package io.slinfer.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Limits of control groups as the kernel writes them. */
final class ContainerMemoryTest {

  private static final String NONE_V1 = "9223372036854771712";

  @TempDir private Path folder;

  private void write(String file, String text) throws IOException {
    Path path = folder.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text + "\n");
  }

  private OptionalLong spare(String own) throws IOException {
    write("own", own);
    return new ContainerMemory(folder, folder.resolve("own")).spareBytes();
  }

  @Test
  void pagesOfFilesDoNotCount() throws IOException {
    write("box/memory.max", "1000");
    write("box/memory.current", "700");
    write("box/memory.stat", "anon 300\nfile 400\ninactive_file 150\nactive_file 200");
    assertEquals(OptionalLong.of(650), spare("0::/box"));
  }

  @Test
  void theTightestGroupAboveCounts() throws IOException {
    write("a/memory.max", "500");
    write("a/memory.current", "450");
    write("a/memory.stat", "inactive_file 0\nactive_file 0");
    write("a/b/memory.max", "max");
    write("a/b/memory.current", "10");
    write("a/b/c/memory.max", "800");
    write("a/b/c/memory.current", "100");
    write("a/b/c/memory.stat", "inactive_file 0\nactive_file 0");
    assertEquals(OptionalLong.of(50), spare("0::/a/b/c"));
  }

  @Test
  void theFirstVersionIsReadToo() throws IOException {
    write("memory/memory.limit_in_bytes", NONE_V1);
    write("memory/memory.usage_in_bytes", "5");
    write("memory/job/memory.limit_in_bytes", "2000");
    write("memory/job/memory.usage_in_bytes", "1500");
    write(
        "memory/job/memory.stat", "active_file 1\ntotal_inactive_file 100\ntotal_active_file 400");
    assertEquals(OptionalLong.of(1000), spare("4:memory:/job\n1:cpu:/job\n0::/"));
  }

  @Test
  void aContainersMountIsItsOwnGroup() throws IOException {
    write("memory.max", "900");
    write("memory.current", "1000");
    write("memory.stat", "inactive_file 50\nactive_file 50");
    assertEquals(OptionalLong.of(0), spare("0::/only/the/host/sees/this"));
  }

  @Test
  void withoutALimitThereIsNone() throws IOException {
    write("memory.max", "max");
    write("memory.current", "10");
    assertEquals(OptionalLong.empty(), spare("0::/"));
    assertEquals(
        OptionalLong.empty(), new ContainerMemory(folder, folder.resolve("absent")).spareBytes());
  }
}
