package io.slinfer.node;

import io.slinfer.engine.ModelSource;
import io.slinfer.request.Failure;
import io.slinfer.request.InferenceRequest;
import io.slinfer.request.RequestId;
import java.util.Objects;

/** What a gateway asks of a node. */
public sealed interface Command {

  /**
   * Serve a request; answered at the outlet by Accepted, Tokens in order and one terminal event, or
   * by one terminal event alone.
   *
   * @param source where the model comes from, should it not be loaded
   * @param strict whether its latency was asked for, so that it is refused when no device is as
   *     fast
   * @param endTokens the tokens that end a generation; not copied, never changed
   * @param waits whether it waits for a place; else it is refused when there is none now
   */
  record Submit(
      InferenceRequest request,
      ModelSource source,
      int[] endTokens,
      boolean strict,
      boolean waits,
      TokenOutlet outlet)
      implements Command {

    /** One that waits. */
    public Submit(
        InferenceRequest request,
        ModelSource source,
        int[] endTokens,
        boolean strict,
        TokenOutlet outlet) {
      this(request, source, endTokens, strict, true, outlet);
    }

    public Submit {
      Objects.requireNonNull(request, "request");
      Objects.requireNonNull(source, "source");
      Objects.requireNonNull(endTokens, "endTokens");
      Objects.requireNonNull(outlet, "outlet");
    }
  }

  /**
   * Forget a request: no step after the one in flight includes it. Unknown ids are ignored.
   *
   * @param closedNanos when the caller went away
   */
  record Cancel(RequestId id, long closedNanos) implements Command {}

  /**
   * End a request that its caller still wants. Unknown ids are ignored.
   *
   * @param cause what its caller is told
   */
  record Revoke(RequestId id, Failure cause) implements Command {}
}
