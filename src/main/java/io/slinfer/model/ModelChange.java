package io.slinfer.model;

import java.nio.file.Path;

/** What a look at a {@link ModelDirectory} found changed. */
public sealed interface ModelChange {

  /** A model can be served from now on. */
  record Added(ModelFile model) implements ModelChange {}

  /** A model's file has gone or is no longer what it was. */
  record Removed(ModelFile model) implements ModelChange {}

  /** A file is no model that can be served; others are not affected. */
  record Refused(Path file, String reason) implements ModelChange {}

  /** A folder cannot be listed or watched; what was found in it before stays. */
  record Unreadable(Path folder, String reason) implements ModelChange {}
}
