package io.slinfer.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.model.ModelChange.Added;
import io.slinfer.model.ModelChange.Refused;
import io.slinfer.model.ModelChange.Removed;
import io.slinfer.model.ModelChange.Unreadable;
import io.slinfer.model.gguf.GgufTensor;
import io.slinfer.model.gguf.GgufWriter;
import io.slinfer.model.gguf.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ModelDirectoryTest {

  private static final Duration SETTLING = Duration.ofSeconds(1);
  private static final long SECOND = SETTLING.toNanos();
  private static final ModelDirectory.Check ANY = file -> {};

  @TempDir Path root;

  @Test
  void findsModelsInNestedFoldersAtTheFirstLook() throws IOException {
    write("b.gguf", 1);
    write("deep/er/a.gguf", 2);
    write(".hidden/c.gguf", 3);
    write(".d.gguf", 4);
    Files.writeString(root.resolve("notes.txt"), "no model");
    ModelDirectory directory = open(ANY);
    assertEquals(List.of("a", "b"), ids(directory));
    ModelFile a = directory.models().getFirst();
    assertEquals(List.of(root.resolve("deep/er/a.gguf")), a.parts());
    assertEquals(Files.size(a.parts().getFirst()), a.byteSize());
    assertTrue(a.fingerprint().matches("[0-9a-f]{32}"), a.fingerprint());
    assertEquals(Map.of(), directory.refused());
  }

  @Test
  void aNewFileCountsOnceItHasSettled() throws IOException {
    ModelDirectory directory = open(ANY);
    byte[] whole = Files.readAllBytes(write("copying.gguf", 5));
    Path file = root.resolve("copying.gguf");
    Files.write(file, Arrays.copyOf(whole, 30));
    assertEquals(List.of(), directory.rescan(0));
    assertTrue(directory.isUnsettled());
    Files.write(file, Arrays.copyOf(whole, 60));
    assertEquals(List.of(), directory.rescan(SECOND));
    Files.write(file, whole);
    assertEquals(List.of(), directory.rescan(2 * SECOND));
    assertEquals(List.of(), directory.rescan(3 * SECOND - 1));
    assertEquals(List.of(), ids(directory));
    assertEquals(1, directory.rescan(3 * SECOND).size());
    assertFalse(directory.isUnsettled());
    assertEquals(List.of("copying"), ids(directory));
    assertEquals(List.of(), directory.rescan(4 * SECOND));
  }

  @Test
  void aRemovedFileGoesAtOnce() throws IOException {
    Path file = write("m.gguf", 1);
    ModelDirectory directory = open(ANY);
    ModelFile model = directory.models().getFirst();
    Files.delete(file);
    assertEquals(List.of(new Removed(model)), directory.rescan(0));
    assertEquals(List.of(), directory.models());
  }

  @Test
  void aChangedFileStaysWhatItWasUntilItHasSettled() throws IOException {
    Path file = write("m.gguf", 1);
    ModelDirectory directory = open(ANY);
    ModelFile before = directory.models().getFirst();
    write("m.gguf", 9);
    Files.setLastModifiedTime(file, FileTime.fromMillis(0));
    assertEquals(List.of(), directory.rescan(0));
    assertEquals(List.of(before), directory.models());
    Files.setLastModifiedTime(file, FileTime.fromMillis(1_000));
    assertEquals(List.of(), directory.rescan(SECOND));
    List<ModelChange> changes = directory.rescan(2 * SECOND);
    ModelFile after = directory.models().getFirst();
    assertEquals(List.of(new Removed(before), new Added(after)), changes);
    assertNotEquals(before.fingerprint(), after.fingerprint());
    write("m.gguf", 4);
    assertEquals(List.of(), directory.rescan(3 * SECOND));
    Files.delete(file);
    assertEquals(List.of(new Removed(after)), directory.rescan(3 * SECOND));
    assertEquals(List.of(), directory.models());
  }

  @Test
  void aFileThatChangesIntoNoModelIsRefusedOnceItHasSettled() throws IOException {
    Path file = write("m.gguf", 1);
    ModelDirectory directory = open(ANY);
    ModelFile before = directory.models().getFirst();
    Files.writeString(file, "no model");
    assertEquals(List.of(), directory.rescan(0));
    assertEquals(
        List.of(new Removed(before), new Refused(file, file + ": magic: not a GGUF file")),
        directory.rescan(SECOND));
    assertEquals(List.of(), directory.models());
  }

  @Test
  void aBrokenFileIsRefusedOnceAndDisturbsNoOther() throws IOException {
    write("good.gguf", 1);
    Path broken = root.resolve("broken.gguf");
    Files.writeString(broken, "GGUF but no more");
    ModelDirectory directory = open(ANY);
    assertEquals(List.of("good"), ids(directory));
    String reason = directory.refused().get(broken);
    assertTrue(reason.startsWith(broken + ": "), reason);
    assertEquals(List.of(), directory.rescan(0));
    Files.writeString(broken, "still broken");
    assertEquals(List.of(), directory.rescan(SECOND));
    List<ModelChange> changes = directory.rescan(2 * SECOND);
    assertEquals(List.of(new Refused(broken, broken + ": magic: not a GGUF file")), changes);
    Files.delete(broken);
    directory.rescan(3 * SECOND);
    assertEquals(Map.of(), directory.refused());
  }

  @Test
  void aModelThatCannotBeServedIsRefusedWithTheReason() throws IOException {
    Path file = write("odd.gguf", 1);
    ModelDirectory directory =
        open(
            gguf -> {
              throw new UnservableModelException("it is odd");
            });
    assertTrue(directory.refused().get(file).contains("it is odd"), directory.refused().toString());
  }

  @Test
  void aFileWhoseExaminationCrashesIsRefused() throws IOException {
    Path file = write("odd.gguf", 1);
    ModelDirectory directory =
        open(
            gguf -> {
              throw new IllegalStateException("bug");
            });
    assertTrue(directory.refused().get(file).contains("bug"), directory.refused().toString());
  }

  @Test
  void twoFilesNeverShareAnId() throws IOException {
    write("m.gguf", 1);
    Path second = write("folder/m.gguf", 2);
    ModelDirectory directory = open(ANY);
    assertEquals(List.of(root.resolve("m.gguf")), directory.models().getFirst().parts());
    String reason = "the model id m belongs to " + root.resolve("m.gguf");
    assertEquals(Map.of(second, reason), directory.refused());
    ModelFile first = directory.models().getFirst();
    Files.delete(root.resolve("m.gguf"));
    List<ModelChange> changes = directory.rescan(0);
    ModelFile heir = directory.models().getFirst();
    assertEquals(List.of(second), heir.parts());
    assertEquals(List.of(new Removed(first), new Added(heir)), changes);
    assertEquals(Map.of(), directory.refused());
    write("m.gguf", 1);
    directory.rescan(SECOND);
    assertEquals(
        List.of(new Refused(root.resolve("m.gguf"), "the model id m belongs to " + second)),
        directory.rescan(2 * SECOND));
  }

  @Test
  void aSplitModelIsOneModelOnceAllItsPartsAreThere() throws IOException {
    ModelDirectory directory = open(ANY);
    Path second = writePart(2);
    directory.rescan(0);
    directory.rescan(SECOND);
    Path first = root.resolve("s-00001-of-00002.gguf");
    assertEquals(Map.of(first, first + ": file: does not exist"), directory.refused());
    writePart(1);
    directory.rescan(2 * SECOND);
    directory.rescan(3 * SECOND);
    assertEquals(List.of("s"), ids(directory));
    assertEquals(List.of(first, second), directory.models().getFirst().parts());
    assertEquals(Map.of(), directory.refused());
    Files.delete(second);
    directory.rescan(4 * SECOND);
    assertEquals(List.of(), ids(directory));
  }

  @Test
  void aVanishedRootIsReportedOnceAndKeepsItsModels() throws IOException {
    Path folder = Files.createDirectory(root.resolve("models"));
    Path file = write("models/m.gguf", 1);
    ModelDirectory directory = ModelDirectory.open(folder, SETTLING, ANY);
    Path elsewhere = Files.move(folder, root.resolve("elsewhere"));
    List<ModelChange> changes = directory.rescan(0);
    assertEquals(folder, ((Unreadable) changes.getFirst()).folder());
    assertEquals(1, changes.size());
    assertEquals(List.of(), directory.rescan(1));
    assertEquals(List.of("m"), ids(directory));
    Files.move(elsewhere, folder);
    assertEquals(List.of(), directory.rescan(2));
    assertEquals(List.of(file), directory.models().getFirst().parts());
  }

  @Test
  void aLoopOfLinksEnds() throws IOException {
    write("deep/m.gguf", 1);
    Files.createSymbolicLink(root.resolve("deep/loop"), root);
    assertEquals(List.of("m"), ids(open(ANY)));
  }

  @Test
  void aModelFileIsARootOfItsOwn() throws IOException {
    write("other.gguf", 1);
    assertEquals(List.of("m"), ids(ModelDirectory.open(write("m.gguf", 1), SETTLING, ANY)));
  }

  @Test
  void refusesARootThatIsNoFolderAndNoModel() throws IOException {
    Path file = Files.writeString(root.resolve("notes.txt"), "no model");
    assertThrows(NotDirectoryException.class, () -> ModelDirectory.open(file, SETTLING, ANY));
  }

  @Test
  void theWatcherTellsOfFilesThatComeAndGo() throws Exception {
    ModelDirectory directory = ModelDirectory.open(root, Duration.ofMillis(20), ANY);
    BlockingQueue<ModelChange> changes = new LinkedBlockingQueue<>();
    Duration never = Duration.ofHours(1);
    try (ModelWatcher _ = ModelWatcher.start(directory, never, changes::add)) {
      Path file = write("new/m.gguf", 1);
      Added added = (Added) changes.poll(30, TimeUnit.SECONDS);
      assertEquals("m", added.model().id().value());
      Files.delete(file);
      assertEquals(new Removed(added.model()), changes.poll(30, TimeUnit.SECONDS));
      Files.writeString(root.resolve("broken.gguf"), "no");
      Refused refused = (Refused) changes.poll(30, TimeUnit.SECONDS);
      assertEquals(root.resolve("broken.gguf"), refused.file());
    }
  }

  @Test
  void theWatcherLooksNowAndThenWithoutBeingTold() throws Exception {
    ModelDirectory directory = ModelDirectory.open(root, Duration.ZERO, ANY);
    BlockingQueue<ModelChange> changes = new LinkedBlockingQueue<>();
    Path outside = write("../outside-" + root.getFileName() + "/m.gguf", 1);
    Files.createSymbolicLink(root.resolve("m.gguf"), outside);
    try (ModelWatcher _ = ModelWatcher.start(directory, Duration.ofMillis(20), changes::add)) {
      assertTrue(changes.poll(30, TimeUnit.SECONDS) instanceof Added, "added");
      Files.delete(outside); // the link's folder reports nothing
      assertTrue(changes.poll(30, TimeUnit.SECONDS) instanceof Removed, "removed");
    } finally {
      Files.deleteIfExists(outside);
      Files.delete(outside.getParent());
    }
  }

  private ModelDirectory open(ModelDirectory.Check check) throws IOException {
    return ModelDirectory.open(root, SETTLING, check);
  }

  private static List<String> ids(ModelDirectory directory) {
    return directory.models().stream().map(model -> model.id().value()).toList();
  }

  /** A model whose fingerprint depends on {@code number}. */
  private Path write(String name, long number) throws IOException {
    Path file = root.resolve(name).normalize();
    Files.createDirectories(file.getParent());
    new GgufWriter()
        .put("number", number)
        .tensor("a", TensorType.F32, 4L)
        .write(file, ModelDirectoryTest::fill);
    return file;
  }

  private Path writePart(long part) throws IOException {
    Path file = root.resolve("s-0000" + part + "-of-00002.gguf");
    new GgufWriter()
        .put("split.no", part - 1)
        .put("split.count", 2L)
        .tensor("part" + part, TensorType.F32, 4L)
        .write(file, ModelDirectoryTest::fill);
    return file;
  }

  private static void fill(GgufTensor tensor) {
    tensor.data().fill((byte) 1);
  }
}
