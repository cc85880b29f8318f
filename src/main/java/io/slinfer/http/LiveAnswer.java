package io.slinfer.http;

import io.slinfer.request.Failure;

/** Work under way for one HTTP request. Confined to the connection's event loop. */
interface LiveAnswer {

  /** Ends what is left of it with a failure; nothing if it has ended. */
  void fail(Failure failure);

  /** Calls {@code action} once it has ended, however that comes about; at once if it has. */
  void onEnd(Runnable action);
}
