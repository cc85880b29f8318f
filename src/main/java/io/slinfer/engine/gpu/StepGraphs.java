package io.slinfer.engine.gpu;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Recorded decodes: a pass of the same number of rows is the same launches with the same addresses,
 * so the second one is recorded and later ones are one launch. Confined to the step thread.
 */
final class StepGraphs implements AutoCloseable {

  private static final int MOST_GRAPHS = 64;
  private static final long NONE = -1;

  private final GpuDriver driver;
  private final boolean used;
  private final Map<Key, Long> graphs = new LinkedHashMap<>(16, 0.75f, true);

  /** What makes the launches of two decodes differ. */
  private record Key(int rows, int splits, int generation) {}

  StepGraphs(GpuDriver driver, boolean used) {
    this.driver = driver;
    this.used = used;
  }

  /** Runs the launches of a decode, or what was recorded of them. */
  void run(StepData data, Runnable launches) {
    Key key = new Key(data.rows(), data.splits(), data.generation());
    Long graph = used ? graphs.get(key) : null;
    if (graph == null) {
      launches.run();
      if (used) {
        add(key);
      }
    } else if (graph == NONE) {
      long recorded = record(launches);
      graphs.put(key, recorded);
      driver.launchGraph(recorded);
    } else {
      driver.launchGraph(graph);
    }
  }

  private long record(Runnable launches) {
    driver.beginGraph();
    try {
      launches.run();
    } catch (RuntimeException | Error failure) {
      driver.destroyGraph(driver.endGraph());
      throw failure;
    }
    return driver.endGraph();
  }

  private void add(Key key) {
    if (graphs.size() >= MOST_GRAPHS) {
      Key eldest = graphs.keySet().iterator().next();
      destroy(graphs.remove(eldest));
    }
    graphs.put(key, NONE);
  }

  private void destroy(long graph) {
    if (graph != NONE) {
      DeviceMemory.giveBack(() -> driver.destroyGraph(graph));
    }
  }

  @Override
  public void close() {
    graphs.values().forEach(this::destroy);
    graphs.clear();
  }
}
