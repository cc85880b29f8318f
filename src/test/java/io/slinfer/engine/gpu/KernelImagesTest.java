package io.slinfer.engine.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.model.gguf.TensorType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The committed PTX is that of the sources, whole, and as old as it says. */
final class KernelImagesTest {

  private static final Path SOURCES = Path.of("src/main/native/cuda");
  private final KernelImages images = new KernelImages();

  @Test
  void thePtxIsThatOfTheSources() throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    for (Path file : sources()) {
      digest.update(Files.readAllBytes(file));
    }
    assertEquals(
        HexFormat.of().formatHex(digest.digest()),
        KernelImages.text("sources.sha256").strip(),
        "src/main/native/cuda has changed: run scripts/build-cuda, which needs nvcc");
  }

  /** As scripts/build-cuda takes them. */
  private static List<Path> sources() throws IOException {
    List<Path> files = new ArrayList<>(List.of(SOURCES.resolve("args.h")));
    for (String kind : List.of(".cu", ".cuh")) {
      try (Stream<Path> all = Files.list(SOURCES)) {
        files.addAll(all.filter(file -> file.toString().endsWith(kind)).sorted().toList());
      }
    }
    return files;
  }

  @Test
  void everyKernelCanBeTakenAlone() {
    assertTrue(images.modules().size() > 70, images.modules().size() + " kernels");
    for (String kernel : images.modules().keySet()) {
      String text = new String(images.ptx(kernel), StandardCharsets.US_ASCII);
      assertTrue(text.contains(".version 7.0\n"), kernel);
      assertTrue(text.contains(".target sm_80"), kernel);
      assertEquals(2, text.split("\\.visible \\.entry ", -1).length, kernel);
      assertFalse(text.contains("used_bytes_mask"), kernel);
      assertTrue(text.endsWith("}\n\0"), kernel);
    }
  }

  @Test
  void everyTypeOfWeightsHasItsKernels() {
    for (TensorType type : TensorType.values()) {
      for (String kernel : List.of("embed_", "matmul_8_", "matmul_32_", "matmul_128_")) {
        assertEquals(
            type.holdsWeights(), images.modules().containsKey(kernel + type), kernel + type);
      }
    }
    assertThrows(IllegalArgumentException.class, () -> images.module("matmul_8_I8"));
  }

  @Test
  void noKernelWantsMoreSharedMemoryThanSmallGpusHave() {
    for (TensorType type : TensorType.values()) {
      if (type.holdsWeights()) {
        assertTrue(GpuKernels.fewSharedBytes(type) <= 99 << 10, type.toString());
      }
    }
  }
}
