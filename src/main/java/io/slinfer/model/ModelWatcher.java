package io.slinfer.model;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Keeps a {@link ModelDirectory} up to date: looks again when the operating system reports a
 * change, and now and then anyway, since network file systems report none. Has its own thread, on
 * which changes are handed on.
 */
public final class ModelWatcher implements AutoCloseable {

  private final ModelDirectory directory;
  private final Duration pace;
  private final Consumer<ModelChange> onChange;
  private final WatchService notifications;
  private final Thread thread;

  /** The folders that report changes. Watching thread only. */
  private final Map<Path, WatchKey> watched = new HashMap<>();

  /** The folders that cannot report changes, each said once. Watching thread only. */
  private final Set<Path> unwatchable = new HashSet<>();

  /** How long to wait at most between looks when nothing is known to have changed. */
  public static final Duration USUAL_PACE = Duration.ofSeconds(10);

  private ModelWatcher(ModelDirectory directory, Duration pace, Consumer<ModelChange> onChange)
      throws IOException {
    this.directory = directory;
    this.pace = pace;
    this.onChange = onChange;
    notifications = directory.root().getFileSystem().newWatchService();
    thread = Thread.ofPlatform().name("model-watcher").daemon().unstarted(this::run);
  }

  /** Begins to watch; {@code onChange} is called on the watcher's thread and must not throw. */
  public static ModelWatcher start(
      ModelDirectory directory, Duration pace, Consumer<ModelChange> onChange) throws IOException {
    ModelWatcher watcher = new ModelWatcher(directory, pace, onChange);
    watcher.thread.start();
    return watcher;
  }

  /** Stops; no change is handed on after this returns. Not to be called by {@code onChange}. */
  @Override
  public void close() throws IOException {
    notifications.close();
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException later) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    try {
      while (true) {
        directory.rescan(System.nanoTime()).forEach(onChange);
        boolean foundFolders = watchFolders();
        if (directory.isUnsettled()) {
          awaitAll(directory.settling());
        } else if (!foundFolders) { // else files may have come before their folder was watched
          awaitAny(pace);
        }
      }
    } catch (ClosedWatchServiceException | InterruptedException closed) {
      // The end of watching.
    }
  }

  /** Takes what changes are reported in this time. */
  private void awaitAll(Duration time) throws InterruptedException {
    long endNanos = System.nanoTime() + time.toNanos();
    for (long left = time.toNanos(); left > 0; left = endNanos - System.nanoTime()) {
      take(notifications.poll(left, TimeUnit.NANOSECONDS));
    }
  }

  /** Waits for a change, or for that long; then takes all changes reported so far. */
  private void awaitAny(Duration longest) throws InterruptedException {
    WatchKey key = notifications.poll(longest.toNanos(), TimeUnit.NANOSECONDS);
    while (key != null) {
      take(key);
      key = notifications.poll();
    }
  }

  private void take(WatchKey key) {
    if (key != null) {
      key.pollEvents();
      if (!key.reset()) {
        watched.values().remove(key);
      }
    }
  }

  /**
   * Asks for reports on every folder the last look found and lets go of those that went.
   *
   * @return whether there are new ones
   */
  private boolean watchFolders() {
    boolean added = false;
    Set<Path> folders = new HashSet<>(directory.folders());
    unwatchable.retainAll(folders);
    watched
        .entrySet()
        .removeIf(
            entry -> {
              boolean gone = !folders.contains(entry.getKey());
              if (gone) {
                entry.getValue().cancel();
              }
              return gone;
            });
    for (Path folder : folders) {
      if (!watched.containsKey(folder)) {
        try {
          watched.put(
              folder,
              folder.register(
                  notifications,
                  StandardWatchEventKinds.ENTRY_CREATE,
                  StandardWatchEventKinds.ENTRY_MODIFY,
                  StandardWatchEventKinds.ENTRY_DELETE));
          added = true;
        } catch (IOException failure) {
          if (unwatchable.add(folder)) {
            onChange.accept(new ModelChange.Unreadable(folder, "not watched: " + failure));
          }
        }
      }
    }
    return added;
  }
}
