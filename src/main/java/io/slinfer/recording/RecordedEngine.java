package io.slinfer.recording;

import static io.slinfer.kvcache.BlockTable.TOKENS_PER_BLOCK;

import com.fasterxml.jackson.databind.JsonNode;
import io.slinfer.engine.Engine;
import io.slinfer.engine.EngineDescription;
import io.slinfer.engine.EngineEvent;
import io.slinfer.engine.EngineEvent.SequenceOutput;
import io.slinfer.engine.KvImage;
import io.slinfer.engine.LoadedModel;
import io.slinfer.engine.ModelSource;
import io.slinfer.engine.Sequence;
import io.slinfer.engine.SequenceChunk;
import io.slinfer.engine.StepPlan;
import io.slinfer.request.Failure;
import io.slinfer.request.InstanceId;
import io.slinfer.request.TokenDraw;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * An engine that answers as a recording says. Tokens are 0, but for the last of each KV block,
 * which stands for all up to it, and those that end an answer.
 */
final class RecordedEngine implements Engine {

  /** The token that ends answers in a replay. */
  static final int END = -2;

  /** What the node has asked and the recording not yet answered. */
  private record Asked(String answer, InstanceId instance, StepPlan plan) {}

  /** Keys and values of so many tokens. */
  private record Image(int tokens) implements KvImage {

    @Override
    public long bytes() {
      return 0;
    }

    @Override
    public void close() {}
  }

  private final Map<Long, Asked> asked = new HashMap<>();

  /** The event of a line: the answer to what the node has asked. */
  EngineEvent event(JsonNode line) {
    long ticket = line.path("k").longValue();
    Asked question = asked.remove(ticket);
    String kind = line.path("e").asText();
    if (question == null) {
      throw new BadRecordingException(
          "an engine answered (" + kind + "), but the node has not asked it");
    }
    InstanceId instance = question.instance;
    if (kind.equals("failed")) {
      String why = line.path("why").asText();
      return new EngineEvent.Failed(ticket, instance, new Failure.Unavailable(why, why, 0));
    }
    if (!kind.equals(question.answer)) {
      throw new BadRecordingException(
          "an engine answered (" + kind + ") what the node expects to be " + question.answer);
    }
    long nanos = line.path("ns").longValue();
    return switch (kind) {
      case "stepped" ->
          new EngineEvent.Stepped(ticket, instance, outputs(question.plan, line), nanos);
      case "loaded" -> new EngineEvent.Loaded(ticket, instance, model(line), nanos);
      case "resized" -> new EngineEvent.Resized(ticket, instance, nanos);
      case "unloaded" -> new EngineEvent.Unloaded(ticket, instance, nanos);
      case "imported" -> new EngineEvent.Imported(ticket, instance, nanos);
      default ->
          new EngineEvent.Exported(
              ticket, instance, new Image(line.path("tokens").intValue()), nanos);
    };
  }

  private static List<SequenceOutput> outputs(StepPlan plan, JsonNode line) {
    String letters = line.path("o").asText();
    JsonNode blocks = line.path("blocks");
    List<SequenceOutput> outputs = new ArrayList<>(letters.length());
    int block = 0;
    for (SequenceChunk chunk : plan.chunks()) {
      if (!chunk.yieldsToken()) {
        continue;
      }
      if (outputs.size() == letters.length()) {
        throw new BadRecordingException("a step gave fewer tokens than the node expects");
      }
      Sequence sequence = chunk.sequence();
      char letter = letters.charAt(outputs.size());
      if (letter == 'f') {
        outputs.add(SequenceOutput.failed(sequence, new Failure.Internal("recorded")));
        continue;
      }
      boolean endsBlock = (sequence.length() + 1) % TOKENS_PER_BLOCK == 0;
      int token = endsBlock ? blocks.path(block++).intValue() : 0;
      outputs.add(
          SequenceOutput.of(
              sequence,
              switch (letter) {
                case 'v' -> TokenDraw.of(new float[0]);
                case 'e' -> new TokenDraw(END, 0, List.of());
                default -> new TokenDraw(token, 0, List.of());
              }));
    }
    if (outputs.size() != letters.length()) {
      throw new BadRecordingException("a step gave more tokens than the node expects");
    }
    return outputs;
  }

  private static LoadedModel model(JsonNode line) {
    return new LoadedModel(
        line.path("weights").longValue(),
        line.path("block").longValue(),
        line.path("per_slab").intValue(),
        line.path("slabs").intValue(),
        line.path("context").intValue(),
        line.path("vocabulary").intValue(),
        line.path("short").intValue());
  }

  private void ask(long ticket, String answer, InstanceId instance) {
    asked.put(ticket, new Asked(answer, instance, null));
  }

  @Override
  public EngineDescription description() {
    return new EngineDescription("recorded", "answers as a recording says", true);
  }

  @Override
  public void load(long ticket, InstanceId instance, ModelSource source) {
    ask(ticket, "loaded", instance);
  }

  @Override
  public void step(StepPlan plan) {
    asked.put(plan.ticket(), new Asked("stepped", plan.instance(), plan));
  }

  @Override
  public void mapSlabs(long ticket, InstanceId instance, int[] slabs) {
    ask(ticket, "resized", instance);
  }

  @Override
  public void unmapSlabs(long ticket, InstanceId instance, int[] slabs) {
    ask(ticket, "resized", instance);
  }

  @Override
  public void exportKv(long ticket, InstanceId instance, Sequence sequence) {
    ask(ticket, "exported", instance);
  }

  @Override
  public void importKv(long ticket, InstanceId instance, Sequence sequence, KvImage image) {
    ask(ticket, "imported", instance);
  }

  @Override
  public void dropWeights(long ticket, InstanceId instance) {
    ask(ticket, "unloaded", instance);
  }

  @Override
  public void readWeights(long ticket, InstanceId instance) {
    ask(ticket, "loaded", instance);
  }

  @Override
  public void unload(long ticket, InstanceId instance) {
    ask(ticket, "unloaded", instance);
  }

  @Override
  public void close() {
    asked.clear();
  }
}
