package io.slinfer.model.gguf;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Thousands of damaged files: each is read or refused with a {@link GgufException}, in little time
 * and memory. Another seed: {@code -Dslinfer.seed=N}.
 */
final class GgufFuzzTest {

  private static final int ROUNDS = 8_000;

  /** A damaged length may not make the reader take more than this for a file of a few KB. */
  private static final long MAX_ALLOCATED_BYTES = 4 << 20;

  /** Tells a hang from a busy machine. */
  private static final long MAX_NANOS_EACH = 20_000_000_000L;

  private static final long[] AWKWARD = {
    0,
    1,
    -1,
    127,
    255,
    65535,
    1 << 24,
    Integer.MAX_VALUE,
    1L << 31,
    1L << 32,
    1L << 62,
    Long.MAX_VALUE,
    Long.MIN_VALUE
  };

  private final long seed = Long.getLong("slinfer.seed", 20261123);
  private final Random random = new Random(seed);

  @TempDir Path folder;

  @Test
  void survivesDamagedFiles() throws Exception {
    List<byte[]> originals = originals();
    Path file = folder.resolve("damaged.gguf");
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    int refused = 0;
    for (int round = 0; round < ROUNDS; round++) {
      byte[] damaged = damage(originals.get(random.nextInt(originals.size())));
      Files.write(file, damaged);
      long allocatedBefore = threads.getCurrentThreadAllocatedBytes();
      long startNanos = System.nanoTime();
      if (!opens(file, round)) {
        refused++;
      }
      long nanos = System.nanoTime() - startNanos;
      long allocated = threads.getCurrentThreadAllocatedBytes() - allocatedBefore;
      String where = "seed " + seed + " round " + round;
      assertTrue(allocated < MAX_ALLOCATED_BYTES, where + " allocated " + allocated);
      assertTrue(nanos < MAX_NANOS_EACH, where + " took " + nanos + " ns");
    }
    System.out.println("seed " + seed + ": " + refused + " of " + ROUNDS + " refused");
    assertTrue(refused > ROUNDS / 4, "only " + refused + " refused: the damage misses");
    assertTrue(refused < ROUNDS, "all refused: the damage is too crude");
  }

  private boolean opens(Path file, int round) throws IOException {
    try (GgufFile gguf = GgufFile.open(file)) {
      for (GgufTensor tensor : gguf.tensors().values()) {
        if (tensor.type().holdsWeights() && tensor.columns() * tensor.rows() > 0) {
          Dequantizer.expand(tensor);
        }
      }
      return true;
    } catch (GgufException refusal) {
      assertTrue(refusal.getMessage().startsWith(file + ": "), refusal.getMessage());
      return false;
    } catch (RuntimeException | Error crash) {
      return fail("seed " + seed + " round " + round + ": " + crash, crash);
    }
  }

  private List<byte[]> originals() throws Exception {
    List<byte[]> originals = new ArrayList<>();
    Path edges = Path.of(getClass().getResource("/conformance/gguf-edge").toURI());
    try (Stream<Path> files = Files.list(edges)) {
      for (Path file : files.filter(each -> each.toString().endsWith(".gguf")).toList()) {
        originals.add(Files.readAllBytes(file));
      }
    }
    originals.add(nestedAndQuantised());
    return originals;
  }

  private static byte[] nestedAndQuantised() {
    return GgufBytes.header(2, 2)
        .key("nested", GgufBytes.ARRAY)
        .u32(GgufBytes.ARRAY)
        .u64(2)
        .u32(GgufBytes.U64)
        .u64(1)
        .u64(5)
        .u32(GgufBytes.F32)
        .u64(1)
        .f32(2)
        .key("split.count", GgufBytes.U16)
        .u16(0)
        .tensor("q", TensorType.Q6_K.code(), 0, 256, 2)
        .tensor("s", TensorType.MXFP4.code(), 448, 32)
        .data(32, 480)
        .toArray();
  }

  /** One to four random changes: flipped bytes, awkward numbers, cuts, insertions, copies. */
  private byte[] damage(byte[] original) {
    byte[] bytes = original.clone();
    for (int change = random.nextInt(4); change >= 0 && bytes.length >= 16; change--) {
      int at = random.nextInt(bytes.length - 8);
      switch (random.nextInt(6)) {
        case 0 -> bytes[at] = (byte) random.nextInt();
        case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 2 -> littleEndian(bytes).putLong(at, AWKWARD[random.nextInt(AWKWARD.length)]);
        case 3 -> littleEndian(bytes).putInt(at, (int) AWKWARD[random.nextInt(AWKWARD.length)]);
        case 4 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
        default -> bytes = withCopy(bytes, at);
      }
    }
    return bytes;
  }

  /** The bytes with a random stretch of them inserted at {@code at}. */
  private byte[] withCopy(byte[] bytes, int at) {
    int from = random.nextInt(bytes.length);
    int length = random.nextInt(bytes.length - from);
    byte[] longer = new byte[bytes.length + length];
    System.arraycopy(bytes, 0, longer, 0, at);
    System.arraycopy(bytes, from, longer, at, length);
    System.arraycopy(bytes, at, longer, at + length, bytes.length - at);
    return longer;
  }

  private static ByteBuffer littleEndian(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
