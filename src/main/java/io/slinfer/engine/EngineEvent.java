package io.slinfer.engine;

import io.slinfer.request.Failure;
import io.slinfer.request.InstanceId;
import io.slinfer.request.TokenDraw;
import java.util.List;

/**
 * What an engine reports, always on the owner's thread, exactly one for each command, with the
 * command's ticket. A command that failed reports {@link Failed} and has left nothing behind.
 */
public sealed interface EngineEvent {

  /** The ticket of the command that this answers. */
  long ticket();

  /** The instance it is about. */
  InstanceId instance();

  /** The command was carried out. */
  sealed interface Done extends EngineEvent {

    /** How long the engine worked at it. */
    long durationNanos();
  }

  /** The instance can step as soon as it has slabs. */
  record Loaded(long ticket, InstanceId instance, LoadedModel model, long durationNanos)
      implements Done {}

  /**
   * A step has ended.
   *
   * @param outputs in the order of the plan, one for each chunk that yields a token
   */
  record Stepped(long ticket, InstanceId instance, List<SequenceOutput> outputs, long durationNanos)
      implements Done {}

  /** Slabs were mapped or unmapped. */
  record Resized(long ticket, InstanceId instance, long durationNanos) implements Done {}

  /** A sequence's keys and values were copied out; the receiver owns the image. */
  record Exported(long ticket, InstanceId instance, KvImage image, long durationNanos)
      implements Done {}

  /** An image was copied into the sequence's blocks; the image is still its sender's to close. */
  record Imported(long ticket, InstanceId instance, long durationNanos) implements Done {}

  /** All that the instance held is free. */
  record Unloaded(long ticket, InstanceId instance, long durationNanos) implements Done {}

  /** The command failed. */
  record Failed(long ticket, InstanceId instance, Failure failure) implements EngineEvent {}

  /**
   * What a step gave one sequence: a token, or why none could be drawn. A failure leaves the
   * sequence's KV undefined and concerns no other sequence.
   *
   * @param draw null if it failed
   * @param failure null if it did not
   */
  record SequenceOutput(Sequence sequence, TokenDraw draw, Failure failure) {

    public static SequenceOutput of(Sequence sequence, TokenDraw draw) {
      return new SequenceOutput(sequence, draw, null);
    }

    public static SequenceOutput failed(Sequence sequence, Failure failure) {
      return new SequenceOutput(sequence, null, failure);
    }

    /** The token drawn; not to be asked of a failure. */
    public int token() {
      return draw.token();
    }

    /** Of the token drawn; not to be asked of a failure. */
    public float logProbability() {
      return draw.logProbability();
    }
  }
}
