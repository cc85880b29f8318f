package io.slinfer.engine.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.model.Architecture;
import java.util.Collections;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Slabs are whole pages with little waste, for models of every size. */
final class KvLayoutTest {

  private static final long PAGE = 2L << 20;

  @ParameterizedTest
  @CsvSource({"2,2,32", "22,4,64", "28,8,128", "32,32,128", "32,8,128", "46,16,128", "80,8,128"})
  void slabsAreWholePagesWithLittleWaste(int layers, int kvHeads, int headSize) {
    Architecture architecture =
        new Architecture(
            "llama",
            kvHeads * headSize,
            32,
            4096,
            new Architecture.Attention(kvHeads, kvHeads, headSize, 1, 0),
            null,
            null,
            null,
            Collections.nCopies(layers, new Architecture.Layer(0, null)));
    KvLayout layout = KvLayout.of(architecture, PAGE);
    long content = architecture.kvBytes(16);
    assertEquals(content / layers, layout.layerBytes());
    assertEquals(0, layout.slabBytes() % PAGE);
    assertEquals(0, layout.blockBytes() % 256);
    assertTrue(layout.blocksPerSlab() * layout.blockBytes() <= layout.slabBytes());
    assertTrue(
        layout.shareBytes() * (double) layout.blocksPerSlab() >= layout.slabBytes(),
        "what is wasted is paid for");
    double waste = 1 - (double) layout.blocksPerSlab() * content / layout.slabBytes();
    assertTrue(waste < 0.13, "waste " + waste);
  }
}
