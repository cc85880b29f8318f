package io.slinfer.engine;

import io.slinfer.kvcache.BlockTable;
import io.slinfer.request.RequestId;
import io.slinfer.request.Sampling;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Sequences of random tokens for steps that only measure time. All of them lie in the same KV
 * blocks, so that a large batch takes no more memory than one sequence; what they leave there is of
 * no use to anybody. (Keys and values that are read from a near cache let large batches of long
 * sequences look a little faster than they will be.)
 *
 * <p>Confined to the device's owner, as its blocks.
 */
public final class ProbeSequences {

  private static final RequestId ID = new RequestId("probe");

  private final BlockTable blocks = new BlockTable();
  private final int[] tokens;
  private final int vocabulary;

  /**
   * @param mostTokens longest sequence
   * @param vocabulary number of tokens there are
   */
  public ProbeSequences(int mostTokens, int vocabulary) {
    this.tokens = new Random(mostTokens).ints(mostTokens, 0, vocabulary).toArray();
    this.vocabulary = vocabulary;
  }

  /** The blocks that all of them share: room for each step's tokens, before it. */
  public BlockTable blocks() {
    return blocks;
  }

  /** A step that computes tokens {@code from} to {@code from + count} of one sequence. */
  public List<SequenceChunk> prompt(int from, int count) {
    return List.of(new SequenceChunk(sequence(from, from + count), count));
  }

  /** A step that computes the last of {@code length} tokens of each of {@code batch} sequences. */
  public List<SequenceChunk> decodes(int length, int batch) {
    List<SequenceChunk> chunks = new ArrayList<>(batch);
    for (int i = 0; i < batch; i++) {
      tokens[length - 1] = (tokens[length - 1] + 1) % vocabulary;
      chunks.add(new SequenceChunk(sequence(length - 1, length), 1));
    }
    return chunks;
  }

  private Sequence sequence(int computed, int length) {
    Sequence sequence = new Sequence(ID, Arrays.copyOf(tokens, length), Sampling.GREEDY);
    for (int i = 0; i < BlockTable.blocksFor(length); i++) {
      sequence.blocks().add(blocks.block(i));
    }
    sequence.computed(computed);
    return sequence;
  }
}
