package io.slinfer.request;

/** Why a request's generation ended; exactly one for each request that was served. */
public enum FinishReason {
  /** An end-of-sequence token or a stop string. */
  STOP,
  /** The token limit of the request or of the model's context. */
  LENGTH,
  /** The answer is one or more calls of tools, and is whole. */
  TOOL_CALLS,
  /** The caller went away or asked to stop; nobody is told. */
  CANCELLED,
  /** A {@link Failure} ended it. */
  FAILED
}
