package io.slinfer.gateway;

import io.slinfer.config.ModelSettings;
import io.slinfer.config.SettingsException;
import io.slinfer.engine.ModelSource;
import io.slinfer.model.ModelChange;
import io.slinfer.model.ModelDescription;
import io.slinfer.model.ModelDirectory;
import io.slinfer.model.ModelFile;
import io.slinfer.model.ModelWatcher;
import io.slinfer.model.UnservableModelException;
import io.slinfer.model.gguf.GgufFile;
import io.slinfer.model.tokenizer.Tokenizers;
import io.slinfer.request.Failure;
import io.slinfer.request.ModelId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The models in the configured folders, as they come and go. A model that two folders have is taken
 * from the one named first. Safe for any thread; folders are looked at by the watchers' threads.
 */
public final class DirectoryCatalogue implements ModelCatalogue, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(DirectoryCatalogue.class);

  /** A file that is still being copied grows more often than this. */
  private static final Duration SETTLING = Duration.ofSeconds(2);

  private final ModelSettings settings;
  private final List<ModelDirectory> directories = new CopyOnWriteArrayList<>();
  private final List<ModelWatcher> watchers = new CopyOnWriteArrayList<>();

  /** What files say, by first part, as found when they were examined. */
  private final Map<Path, Examined> examined = new ConcurrentHashMap<>();

  private volatile Map<ModelId, ServedModel> models = Map.of();

  /** What {@link #models} was made from; guarded by this. */
  private Map<ModelFile, ServedModel> known = Map.of();

  /** Guarded by this. */
  private long lastRevision;

  private record Examined(int contextTokens, ModelFacts facts) {}

  private DirectoryCatalogue(ModelSettings settings) {
    this.settings = settings;
  }

  /**
   * Looks at the folders and begins to watch them.
   *
   * @throws SettingsException if a folder or a template file cannot be read
   */
  public static DirectoryCatalogue open(ModelSettings settings) {
    for (Path template : settings.chatTemplates().values()) {
      if (!Files.isReadable(template)) {
        throw new SettingsException("models.chat-templates: " + template + " cannot be read");
      }
    }
    DirectoryCatalogue catalogue = new DirectoryCatalogue(settings);
    try {
      for (Path folder : settings.directories()) {
        ModelDirectory directory = ModelDirectory.open(folder, SETTLING, catalogue::examine);
        catalogue.directories.add(directory);
        directory
            .refused()
            .forEach((file, reason) -> LOG.warn("{} is not served: {}", file, reason));
      }
      catalogue.refresh();
      for (ModelDirectory directory : catalogue.directories) {
        catalogue.watchers.add(
            ModelWatcher.start(directory, ModelWatcher.USUAL_PACE, catalogue::onChange));
      }
      return catalogue;
    } catch (IOException failure) {
      catalogue.close();
      throw new SettingsException("models.directories: " + failure.getMessage());
    }
  }

  @Override
  public List<ServedModel> models() {
    return List.copyOf(models.values());
  }

  @Override
  public Optional<ServedModel> find(ModelId id) {
    return Optional.ofNullable(models.get(id));
  }

  @Override
  public List<ModelId> add(Path path) throws RefusedException {
    try {
      Path whole = path.toAbsolutePath().normalize();
      List<ModelId> known =
          directories.stream()
              .filter(directory -> directory.covers(whole))
              .flatMap(directory -> in(directory, whole))
              .distinct()
              .toList();
      if (!known.isEmpty()) {
        return known;
      }
      ModelDirectory directory = ModelDirectory.open(whole, SETTLING, this::examine);
      List<ModelId> there = in(directory, whole).toList();
      if (there.isEmpty()) {
        throw new IOException(
            directory.refused().isEmpty()
                ? "there is no GGUF file"
                : String.join("; ", directory.refused().values()));
      }
      directories.add(directory);
      refresh();
      watchers.add(ModelWatcher.start(directory, ModelWatcher.USUAL_PACE, this::onChange));
      return there;
    } catch (IOException failure) {
      throw new RefusedException(
          new Failure.Invalid(
              "`path` is " + path + ", which cannot be served: " + failure.getMessage(),
              "path",
              "model_refused"));
    }
  }

  /** The models of a folder that lie at a path, or in it. */
  private static Stream<ModelId> in(ModelDirectory directory, Path path) {
    return directory.models().stream()
        .filter(model -> model.parts().getFirst().startsWith(path))
        .map(ModelFile::id);
  }

  @Override
  public Map<Path, String> refused() {
    Map<Path, String> all = new HashMap<>();
    directories.forEach(directory -> all.putAll(directory.refused()));
    return all;
  }

  @Override
  public void close() {
    for (ModelWatcher watcher : watchers) {
      try {
        watcher.close();
      } catch (IOException failure) {
        LOG.warn("a watcher did not close", failure);
      }
    }
  }

  private void examine(GgufFile file) throws UnservableModelException {
    ModelDescription description = ModelDescription.read(file);
    try {
      Tokenizers.check(file.metadata());
    } catch (IllegalArgumentException unsupported) {
      throw new UnservableModelException(unsupported.getMessage());
    }
    examined.put(
        file.path(), new Examined(description.architecture().contextTokens(), ModelFacts.of(file)));
  }

  private void onChange(ModelChange change) {
    switch (change) {
      case ModelChange.Added added -> LOG.info("model {} can be called", added.model().id());
      case ModelChange.Removed removed -> {
        LOG.info("model {} has gone or changed", removed.model().id());
        forget(removed.model());
      }
      case ModelChange.Refused refused ->
          LOG.warn("{} is not served: {}", refused.file(), refused.reason());
      case ModelChange.Unreadable unreadable ->
          LOG.warn("{}: {}", unreadable.folder(), unreadable.reason());
    }
    refresh();
  }

  /** Files of the same shape may hold other weights: what comes back is another revision. */
  private synchronized void forget(ModelFile file) {
    Map<ModelFile, ServedModel> rest = new LinkedHashMap<>(known);
    rest.remove(file);
    known = rest;
  }

  private synchronized void refresh() {
    Map<ModelId, ModelFile> files = new LinkedHashMap<>();
    for (String first : settings.first()) {
      addAll(files, new ModelId(first));
    }
    addAll(files, null);
    Map<ModelFile, ServedModel> next = new LinkedHashMap<>();
    Map<ModelId, ServedModel> served = new LinkedHashMap<>();
    files.forEach(
        (id, file) -> {
          ServedModel model = known.containsKey(file) ? known.get(file) : served(file);
          next.put(file, model);
          served.put(id, model);
        });
    known = next;
    models = Collections.unmodifiableMap(served);
  }

  /**
   * @param only null for all
   */
  private void addAll(Map<ModelId, ModelFile> files, ModelId only) {
    for (ModelDirectory directory : directories) {
      for (ModelFile file : directory.models()) {
        if (only == null || file.id().equals(only)) {
          files.putIfAbsent(file.id(), file);
        }
      }
    }
  }

  private ServedModel served(ModelFile file) {
    Path first = file.parts().getFirst();
    Examined seen = examined.get(first);
    int fromFile = seen.contextTokens();
    int limit = settings.maxContextTokens();
    int context = limit == 0 ? fromFile : Math.min(limit, fromFile);
    return new ServedModel(
        file.id(),
        modifiedSeconds(first),
        seen.facts(),
        context,
        new ModelSource(file.id(), file.parts(), context, ++lastRevision),
        new FileText(file.id(), first, settings.chatTemplates().get(file.id().value())));
  }

  private static long modifiedSeconds(Path file) {
    try {
      return Files.getLastModifiedTime(file).toMillis() / 1_000;
    } catch (IOException gone) {
      return 0;
    }
  }
}
