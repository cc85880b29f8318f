package io.slinfer.cluster;

/**
 * A change to one entry of a shared map, as every node sees it.
 *
 * @param value the entry's new value; null if it was removed
 */
public record Change<V>(String key, V value) {

  public boolean isRemoval() {
    return value == null;
  }
}
