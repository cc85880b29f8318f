package io.slinfer.cli;

import picocli.CommandLine.IVersionProvider;

/** Names the build: the version from the jar's manifest, or "development" when run from classes. */
public final class Version implements IVersionProvider {

  @Override
  public String[] getVersion() {
    return new String[] {"slinfer " + current()};
  }

  /** The version in the jar's manifest, or "development". */
  public static String current() {
    String version = Version.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }
}
