package io.slinfer.request;

/** Where a request stands between its arrival and its one terminal state. */
public enum RequestState {
  /** Waits for a place: just arrived, or evicted from an instance. */
  QUEUED,
  /** On an instance; its prompt (and what it had generated before) is not computed yet. */
  PREFILLING,
  /** On an instance with its keys and values on the device; a token comes with each step. */
  DECODING,
  /** On an instance with its keys and values on the host. */
  PAUSED,
  /** Terminal: all tokens were made. */
  FINISHED,
  /** Terminal: never served, or given up. */
  REFUSED,
  /** Terminal: its caller went away. */
  CANCELLED;

  /** Whether nothing can follow. */
  public boolean isTerminal() {
    return this == FINISHED || this == REFUSED || this == CANCELLED;
  }

  /** Whether a request may go from this state to {@code next}. */
  public boolean mayBecome(RequestState next) {
    if (next == CANCELLED) {
      return !isTerminal();
    }
    return switch (this) {
      case QUEUED -> next == PREFILLING || next == REFUSED;
      case PREFILLING -> next == DECODING || next == FINISHED || next == QUEUED || next == REFUSED;
      case DECODING ->
          next == PREFILLING
              || next == PAUSED
              || next == FINISHED
              || next == QUEUED
              || next == REFUSED;
      case PAUSED -> next == DECODING || next == PREFILLING || next == QUEUED || next == REFUSED;
      case FINISHED, REFUSED, CANCELLED -> false;
    };
  }
}
