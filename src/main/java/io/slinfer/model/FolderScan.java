package io.slinfer.model;

import io.slinfer.model.gguf.SplitName;
import java.io.IOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * One walk through a folder and the folders in it, links followed, names that begin with a dot left
 * out.
 *
 * @param candidates the files of each model by its first (or only) part, those nearest the root
 *     first
 * @param folders every folder walked
 * @param unreadable what could not be listed, with the reason
 */
record FolderScan(
    Map<Path, List<Stamp>> candidates, List<Path> folders, Map<Path, String> unreadable) {

  private static final int MAX_DEPTH = 16;

  private static final Comparator<Path> NEAREST_FIRST =
      Comparator.comparingInt(Path::getNameCount).thenComparing(Comparator.naturalOrder());

  /**
   * What tells one state of a file from another.
   *
   * @param fileKey the file system's own identity of the file, null if it has none
   */
  record Stamp(Path file, long byteSize, FileTime modified, Object fileKey) {}

  static FolderScan of(Path root) throws IOException {
    Visitor visitor = new Visitor();
    Files.walkFileTree(root, EnumSet.of(FileVisitOption.FOLLOW_LINKS), MAX_DEPTH, visitor);
    visitor.candidates.values().forEach(stamps -> stamps.sort(Comparator.comparing(Stamp::file)));
    return new FolderScan(visitor.candidates, visitor.folders, visitor.unreadable);
  }

  /** What a folder, without those in it, has of one model, by its first part. */
  static FolderScan ofModel(Path root, Path first) throws IOException {
    Visitor visitor = new Visitor();
    Files.walkFileTree(root, EnumSet.of(FileVisitOption.FOLLOW_LINKS), 1, visitor);
    visitor.candidates.keySet().retainAll(List.of(first));
    visitor.candidates.values().forEach(stamps -> stamps.sort(Comparator.comparing(Stamp::file)));
    return new FolderScan(visitor.candidates, visitor.folders, visitor.unreadable);
  }

  private static final class Visitor extends SimpleFileVisitor<Path> {

    private final Map<Path, List<Stamp>> candidates = new TreeMap<>(NEAREST_FIRST);
    private final List<Path> folders = new ArrayList<>();
    private final Map<Path, String> unreadable = new TreeMap<>();

    @Override
    public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
      if (!folders.isEmpty() && folder.getFileName().toString().startsWith(".")) {
        return FileVisitResult.SKIP_SUBTREE;
      }
      folders.add(folder);
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
      if (attributes.isRegularFile() && ModelFile.hasModelName(file)) {
        Path first =
            SplitName.of(file).map(name -> file.resolveSibling(name.fileName(1))).orElse(file);
        candidates
            .computeIfAbsent(first, path -> new ArrayList<>())
            .add(
                new Stamp(
                    file, attributes.size(), attributes.lastModifiedTime(), attributes.fileKey()));
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
      if (folders.isEmpty()) {
        throw failure; // the root
      }
      boolean gone = failure instanceof NoSuchFileException;
      if (!gone && !(failure instanceof FileSystemLoopException)) {
        unreadable.put(file, failure.toString());
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path folder, IOException failure) {
      if (failure != null) {
        unreadable.put(folder, failure.toString());
      }
      return FileVisitResult.CONTINUE;
    }
  }
}
