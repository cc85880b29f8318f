package io.slinfer.engine;

import io.slinfer.request.InstanceId;
import java.util.List;

/**
 * One step of one instance: prefill chunks and decodes in one batch (a decode is a chunk of one
 * token). Every sequence appears once, and its block table already has room for the chunk.
 *
 * @param ticket comes back in the matching {@link EngineEvent}
 */
public record StepPlan(long ticket, InstanceId instance, List<SequenceChunk> chunks) {}
