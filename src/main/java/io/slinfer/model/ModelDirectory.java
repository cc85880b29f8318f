package io.slinfer.model;

import io.slinfer.model.gguf.GgufFile;
import io.slinfer.request.ModelId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The models in a folder and the folders in it: every {@code *.gguf} file, of split models the
 * first part. A model's id is its file name without {@code .gguf} and split suffix; of two files
 * that would get the same id the one found first keeps it (at the first look: the one nearest the
 * root, then by name) and the other is refused until it is free.
 *
 * <p>A file that appears or changes later counts once it has stayed the same for the settling time,
 * since it may still be on its way; a file that is found at the first look counts at once. A
 * changed file stays the model that it was until then, so that callers meet no gap.
 *
 * <p>Thread: {@link #rescan} by one thread at a time; {@link #models} and {@link #refused} by any.
 */
public final class ModelDirectory {

  private final Path root;

  /** The only candidate; null: all in the folder. */
  private final Path only;

  private final long settlingNanos;
  private final Check check;

  /** By first part. Touched by the scanning thread only, like the next two. */
  private final Map<Path, Candidate> candidates = new HashMap<>();

  private final Map<ModelId, Path> owners = new HashMap<>();
  private Map<Path, String> unreadable = Map.of();

  private volatile List<ModelFile> models = List.of();
  private volatile Map<Path, String> refused = Map.of();
  private volatile List<Path> folders = List.of();

  /** Says whether a well-formed file can be served. */
  @FunctionalInterface
  public interface Check {

    /**
     * @throws UnservableModelException with the reason
     */
    void accept(GgufFile file) throws UnservableModelException;
  }

  /** A model's files, and what became of them. */
  private static final class Candidate {

    private final List<FolderScan.Stamp> stamps;
    private final long seenNanos;
    private ModelFile model;
    private String refusal;

    /** What these files were before they changed; null if they are new, or were examined. */
    private ModelFile predecessor;

    Candidate(List<FolderScan.Stamp> stamps, long seenNanos) {
      this.stamps = stamps;
      this.seenNanos = seenNanos;
    }

    /** What callers know it as, null if as nothing. */
    ModelFile known() {
      return predecessor == null ? model : predecessor;
    }

    boolean isExamined() {
      return model != null || refusal != null;
    }
  }

  private ModelDirectory(Path root, Path only, Duration settling, Check check) {
    this.root = root;
    this.only = only;
    this.settlingNanos = settling.toNanos();
    this.check = check;
  }

  /**
   * Takes a first look at a folder, or at the one model of a file, or first part, in it.
   *
   * @param settling how long a new file must stay the same
   * @param check what a model must be besides well-formed
   * @throws IOException if there is no such folder or model file, or it cannot be read
   */
  public static ModelDirectory open(Path root, Duration settling, Check check) throws IOException {
    boolean isModel = Files.isRegularFile(root) && ModelFile.hasModelName(root);
    if (!isModel && !Files.isDirectory(root)) {
      throw new NotDirectoryException(root + " is not a folder that exists");
    }
    ModelDirectory directory =
        isModel
            ? new ModelDirectory(root.getParent(), root, settling, check)
            : new ModelDirectory(root, null, settling, check);
    directory.look(0, true);
    return directory;
  }

  /** The folder. */
  public Path root() {
    return root;
  }

  /** Whether all models at a path, a file or a folder, are among those that it looks at. */
  public boolean covers(Path path) {
    return only == null ? path.startsWith(root) : path.equals(only);
  }

  /** The models that can be served, by id. */
  public List<ModelFile> models() {
    return models;
  }

  /** The files that cannot, with the reason. */
  public Map<Path, String> refused() {
    return refused;
  }

  /** The folders that the last look went through. */
  List<Path> folders() {
    return folders;
  }

  /** How long a new file must stay the same. */
  Duration settling() {
    return Duration.ofNanos(settlingNanos);
  }

  /** Whether a file may still be on its way. Scanning thread. */
  boolean isUnsettled() {
    return candidates.values().stream().anyMatch(candidate -> !candidate.isExamined());
  }

  /**
   * Looks again.
   *
   * @param nowNanos a clock that only goes forward
   * @return what has changed since the last look, in order
   */
  public List<ModelChange> rescan(long nowNanos) {
    try {
      return look(nowNanos, false);
    } catch (IOException failure) {
      List<ModelChange> changes = new ArrayList<>();
      reportUnreadable(Map.of(root, failure.toString()), changes);
      return changes;
    }
  }

  private List<ModelChange> look(long nowNanos, boolean first) throws IOException {
    FolderScan scan = only == null ? FolderScan.of(root) : FolderScan.ofModel(root, only);
    List<ModelChange> changes = new ArrayList<>();
    reportUnreadable(scan.unreadable(), changes);
    forgetChanged(scan, nowNanos, changes);
    scan.candidates()
        .forEach(
            (path, stamps) -> {
              Candidate candidate =
                  candidates.computeIfAbsent(path, added -> new Candidate(stamps, nowNanos));
              if (!candidate.isExamined()
                  && (first || nowNanos - candidate.seenNanos >= settlingNanos)) {
                examine(path, candidate);
                replace(path, candidate, changes);
              }
              assignId(path, candidate, changes);
            });
    publish(scan.folders());
    return changes;
  }

  private void reportUnreadable(Map<Path, String> problems, List<ModelChange> changes) {
    problems.forEach(
        (folder, reason) -> {
          if (!reason.equals(unreadable.get(folder))) {
            changes.add(new ModelChange.Unreadable(folder, reason));
          }
        });
    unreadable = problems;
  }

  /**
   * Drops candidates whose files went, and starts anew with those whose files changed; those in
   * folders that cannot be read stay.
   */
  private void forgetChanged(FolderScan scan, long nowNanos, List<ModelChange> changes) {
    Iterator<Map.Entry<Path, Candidate>> each = candidates.entrySet().iterator();
    while (each.hasNext()) {
      Map.Entry<Path, Candidate> entry = each.next();
      Path path = entry.getKey();
      Candidate candidate = entry.getValue();
      List<FolderScan.Stamp> now = scan.candidates().get(path);
      boolean hidden =
          now == null && scan.unreadable().keySet().stream().anyMatch(path::startsWith);
      if (candidate.stamps.equals(now) || hidden) {
        continue;
      }
      ModelFile known = candidate.known();
      // A listing may miss a file that is being renamed over.
      boolean missed = now == null && Files.exists(path);
      boolean whole = now != null && now.size() >= candidate.stamps.size();
      if (whole || missed) {
        Candidate changed = new Candidate(missed ? List.of() : now, nowNanos);
        changed.predecessor = known != null && path.equals(owners.get(known.id())) ? known : null;
        entry.setValue(changed);
        continue;
      }
      each.remove();
      if (known != null && owners.remove(known.id(), path)) {
        changes.add(new ModelChange.Removed(known));
      }
    }
  }

  /** Changed files have settled: what they were goes. */
  private void replace(Path path, Candidate candidate, List<ModelChange> changes) {
    ModelFile before = candidate.predecessor;
    candidate.predecessor = null;
    if (before != null && owners.remove(before.id(), path)) {
      changes.add(new ModelChange.Removed(before));
    }
  }

  private void examine(Path path, Candidate candidate) {
    try (GgufFile file = GgufFile.open(path)) {
      check.accept(file);
      candidate.model = ModelFile.of(file);
    } catch (IOException | UnservableModelException refusal) {
      candidate.refusal = refusal.getMessage();
    } catch (RuntimeException | InternalError failure) {
      // One odd file, or one cut short while it is read, must not end the service of the others.
      candidate.refusal = path + ": cannot be examined: " + failure;
    }
  }

  /** Gives a model its id, or says why not; at most one change for each outcome. */
  private void assignId(Path path, Candidate candidate, List<ModelChange> changes) {
    String refusalBefore = refused.get(path);
    if (candidate.model != null) {
      Path owner = owners.putIfAbsent(candidate.model.id(), path);
      if (owner == null) {
        candidate.refusal = null;
        changes.add(new ModelChange.Added(candidate.model));
      } else if (!owner.equals(path)) {
        candidate.refusal = "the model id " + candidate.model.id() + " belongs to " + owner;
      }
    }
    if (candidate.refusal != null && !candidate.refusal.equals(refusalBefore)) {
      changes.add(new ModelChange.Refused(path, candidate.refusal));
    }
  }

  private void publish(List<Path> walked) {
    Map<ModelId, ModelFile> served = new TreeMap<>();
    owners.forEach((id, path) -> served.put(id, candidates.get(path).known()));
    Map<Path, String> refusals = new LinkedHashMap<>();
    candidates.entrySet().stream()
        .filter(entry -> entry.getValue().refusal != null)
        .sorted(Map.Entry.comparingByKey())
        .forEach(entry -> refusals.put(entry.getKey(), entry.getValue().refusal));
    models = List.copyOf(served.values());
    refused = Map.copyOf(refusals);
    folders = List.copyOf(walked);
  }
}
