package io.slinfer.gateway;

import io.slinfer.node.Command.Cancel;
import io.slinfer.node.Command.Submit;
import io.slinfer.node.Inbox;
import io.slinfer.request.Failure;

/**
 * The devices of this node. Safe for any thread.
 *
 * @param inbox the node's
 */
public record LocalServing(Inbox inbox) implements Serving {

  /** Callers of a full inbox come back after this long at the earliest. */
  private static final long LEAST_RETRY_MILLIS = 1_000;

  @Override
  public Failure submit(Submit command) {
    return inbox.submit(command)
        ? null
        : new Failure.Overloaded(
            "Too many requests wait already; allowed: " + inbox.maxWaiting() + ".",
            "queue_full",
            inbox.maxWaiting(),
            Math.max(LEAST_RETRY_MILLIS, inbox.placeFreeMillis()),
            Math.max(LEAST_RETRY_MILLIS, inbox.allFreeMillis()));
  }

  @Override
  public void cancel(Cancel command) {
    inbox.cancel(command);
  }
}
