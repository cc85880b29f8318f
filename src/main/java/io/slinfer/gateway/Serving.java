package io.slinfer.gateway;

import io.slinfer.node.Command.Cancel;
import io.slinfer.node.Command.Submit;
import io.slinfer.request.Failure;

/** Where a gateway's requests go: this node's devices, or those of a cluster. */
public interface Serving {

  /**
   * Takes a request; what becomes of it is told at its outlet.
   *
   * @return why it is not taken; null if it is
   */
  Failure submit(Submit command);

  /** Forgets a request; unknown ids are ignored. */
  void cancel(Cancel command);
}
