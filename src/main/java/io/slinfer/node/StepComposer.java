package io.slinfer.node;

import io.slinfer.engine.Sequence;
import io.slinfer.engine.SequenceChunk;
import io.slinfer.node.DeviceRequest.State;
import io.slinfer.request.Pooling;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Puts a step together (continuous batching): the instance's requests from the most senior on, each
 * with one token to decode or a chunk of what it must still compute, as blocks and limits allow. A
 * request starts only when its whole sequence could get blocks now, unless it is the most senior of
 * the device; nobody starts in a step in which a senior one must wait for blocks.
 *
 * <p>Confined to the device's owner.
 */
final class StepComposer {

  /** Requests of one instance with their chunks, in the same order. */
  record Step(Instance instance, List<DeviceRequest> requests, List<SequenceChunk> chunks) {

    int tokens() {
      int tokens = 0;
      for (SequenceChunk chunk : chunks) {
        tokens += chunk.tokens();
      }
      return tokens;
    }
  }

  private final KvMemory memory;
  private final Collection<Instance> instances;
  private final int maxBatch;

  StepComposer(KvMemory memory, Collection<Instance> instances, int maxBatch) {
    this.memory = memory;
    this.instances = instances;
    this.maxBatch = maxBatch;
  }

  /** The step, without chunks if every request must wait. */
  Step compose(Instance instance, int prefillTokens) {
    Step step = new Step(instance, new ArrayList<>(), new ArrayList<>());
    int promptRoom = prefillTokens;
    boolean seniorWaits = false;
    for (DeviceRequest request : instance.requests()) {
      if (step.requests.size() == maxBatch) {
        break;
      }
      boolean running = request.state() == State.RUNNING;
      boolean decodes = running && request.sequence().pending() == 1;
      if ((!decodes && promptRoom == 0) || (!running && seniorWaits)) {
        continue;
      }
      int tokens = running ? extend(step, request, promptRoom) : start(step, request, promptRoom);
      if (tokens == 0) {
        seniorWaits = true;
      } else if (!decodes) {
        promptRoom -= tokens;
      }
    }
    return step;
  }

  private int extend(Step step, DeviceRequest request, int promptRoom) {
    Sequence sequence = request.sequence();
    int tokens = sequence.pending() == 1 ? 1 : Math.min(sequence.pending(), promptRoom);
    if (!memory.reserve(step.instance, request, sequence.computed() + tokens, true)) {
      return 0;
    }
    step.requests.add(request);
    step.chunks.add(new SequenceChunk(sequence, tokens));
    return tokens;
  }

  private int start(Step step, DeviceRequest request, int promptRoom) {
    Instance instance = step.instance;
    Sequence sequence = request.sequence();
    boolean mostSenior = isMostSenior(request);
    Pooling pooling = sequence.sampling().pooling();
    boolean everyToken = pooling != null && pooling.needsWholePrompt();
    sequence.computed(
        everyToken
            ? 0
            : instance
                .pool()
                .reusePrefix(
                    sequence.blocks(),
                    sequence::token,
                    sequence.length(),
                    instance.loaded().keyVariant(sequence.length())));
    int tokens = Math.min(sequence.pending(), promptRoom);
    int wanted = mostSenior ? sequence.computed() + tokens : sequence.length();
    if (!memory.reserve(instance, request, wanted, mostSenior)) {
      memory.release(instance, request);
      return 0;
    }
    request.state(State.RUNNING);
    step.requests.add(request);
    step.chunks.add(new SequenceChunk(sequence, tokens));
    return tokens;
  }

  private boolean isMostSenior(DeviceRequest request) {
    for (Instance instance : instances) {
      if (instance.isLoaded()
          && !instance.requests().isEmpty()
          && DeviceRequest.SENIORITY.compare(instance.requests().first(), request) < 0) {
        return false;
      }
    }
    return true;
  }
}
