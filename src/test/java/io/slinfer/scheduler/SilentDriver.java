package io.slinfer.scheduler;

import io.slinfer.request.RequestLife;
import java.util.List;

/** A device that takes everything and answers nothing by itself. */
class SilentDriver implements DeviceDriver {

  @Override
  public void step(Instance instance) {}

  @Override
  public void load(Instance instance) {}

  @Override
  public void resize(Instance instance, int fromBlocks, int toBlocks, int liveBlocks) {}

  @Override
  public void evict(Instance instance) {}

  @Override
  public void exportKv(Instance instance, List<RequestLife> requests, long bytes) {}

  @Override
  public void importKv(Instance instance, List<RequestLife> requests, long bytes) {}

  @Override
  public void unload(Instance instance) {}
}
