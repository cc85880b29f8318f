package io.slinfer.gateway;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.model.gguf.GgufFile;
import io.slinfer.request.ModelId;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What another node gets instead of the file speaks as the file does. */
final class FileTextTest {

  private static final ModelId ID = new ModelId("demo-chat");
  private static final Path FILE = Path.of("models", "demo-chat.gguf");

  @TempDir private Path folder;

  @Test
  void aPackHasTheSameTokensAndTemplateAndNoWeights() throws Exception {
    FileText file = new FileText(ID, FILE, null);
    byte[] pack = file.pack();
    assertTrue(pack.length < Files.size(FILE) / 4, pack.length + " bytes");
    ModelText here = file.call();
    ModelText there = new FileText(ID, written(pack), null).call();
    String text = "Once upon a time, 12 föxes \uD83E\uDD8A <|im_start|>user\n\n  x";
    int[] tokens = here.tokenizer().encode(text, true, true);
    assertArrayEquals(tokens, there.tokenizer().encode(text, true, true));
    assertArrayEquals(
        here.tokenizer().decode(tokens, true), there.tokenizer().decode(tokens, true));
    assertArrayEquals(here.endTokens(), there.endTokens());
    assertEquals(here.style(), there.style());
  }

  @Test
  void aTemplateOfTheSettingsGoesAlong() throws Exception {
    Path template = folder.resolve("t.jinja");
    Files.writeString(template, "{{ messages[0].content }}!");
    byte[] pack = new FileText(ID, FILE, template).pack();
    try (GgufFile open = GgufFile.open(written(pack))) {
      assertEquals(
          "{{ messages[0].content }}!",
          open.metadata().string("tokenizer.chat_template").orElseThrow());
      assertEquals(0, open.tensors().size());
    }
  }

  private Path written(byte[] pack) throws Exception {
    return Files.write(folder.resolve("pack.gguf"), pack);
  }
}
