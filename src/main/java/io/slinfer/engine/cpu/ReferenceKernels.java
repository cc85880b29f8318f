package io.slinfer.engine.cpu;

import io.slinfer.ffi.ReservedMemory;
import io.slinfer.model.gguf.Dequantizer;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The kernels in plain Java: the oracle for every other set, and what runs where there is no native
 * library. Weights are expanded to float32 as the format's reference does, activations stay
 * float32, sums are double. One thread, no cleverness.
 */
public final class ReferenceKernels implements CpuKernels {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
  private static final ValueLayout.OfShort HALF = ValueLayout.JAVA_SHORT;
  private static final int BLOCK = KvShape.TOKENS;

  @Override
  public String description() {
    return "plain Java, float32 activations, 1 thread";
  }

  @Override
  public void beginStep() {}

  @Override
  public void endStep() {}

  @Override
  public void close() {}

  @Override
  public void embed(
      WeightMatrix table, MemorySegment tokens, int count, float scale, MemorySegment out) {
    float[] row = new float[table.columns()];
    for (int t = 0; t < count; t++) {
      int token = tokens.getAtIndex(INT, t);
      Dequantizer.expand(table.type(), table.data(), token * table.rowBytes(), row.length, row);
      for (int i = 0; i < row.length; i++) {
        row[i] *= scale;
      }
      write(row, out, t);
    }
  }

  @Override
  public void rmsNorm(
      MemorySegment x,
      MemorySegment weight,
      float epsilon,
      int rows,
      int columns,
      MemorySegment out) {
    float[] row = new float[columns];
    float[] weights = read(weight, 0, columns);
    for (int r = 0; r < rows; r++) {
      read(x, r, row);
      double squares = 0;
      for (float value : row) {
        squares += (double) value * value;
      }
      double scale = 1 / Math.sqrt(squares / columns + epsilon);
      for (int i = 0; i < columns; i++) {
        row[i] = (float) (row[i] * scale * weights[i]);
      }
      write(row, out, r);
    }
  }

  @Override
  public void layerNorm(
      MemorySegment x,
      MemorySegment weight,
      MemorySegment bias,
      float epsilon,
      int rows,
      int columns,
      MemorySegment out) {
    float[] row = new float[columns];
    float[] weights = read(weight, 0, columns);
    float[] biases = read(bias, 0, columns);
    for (int r = 0; r < rows; r++) {
      read(x, r, row);
      double sum = 0;
      for (float value : row) {
        sum += value;
      }
      double mean = sum / columns;
      double squares = 0;
      for (float value : row) {
        squares += (value - mean) * (value - mean);
      }
      double scale = 1 / Math.sqrt(squares / columns + epsilon);
      for (int i = 0; i < columns; i++) {
        row[i] = (float) ((row[i] - mean) * scale * weights[i] + biases[i]);
      }
      write(row, out, r);
    }
  }

  @Override
  public void matmul(MemorySegment x, int rows, WeightMatrix[] weights, MemorySegment[] outs) {
    int columns = weights[0].columns();
    float[][] inputs = new float[rows][columns];
    for (int r = 0; r < rows; r++) {
      read(x, r, inputs[r]);
    }
    float[] row = new float[columns];
    for (int m = 0; m < weights.length; m++) {
      WeightMatrix matrix = weights[m];
      for (int o = 0; o < matrix.rows(); o++) {
        Dequantizer.expand(matrix.type(), matrix.data(), o * matrix.rowBytes(), columns, row);
        for (int r = 0; r < rows; r++) {
          outs[m].setAtIndex(FLOAT, (long) r * matrix.rows() + o, (float) dot(row, inputs[r]));
        }
      }
    }
  }

  private static double dot(float[] a, float[] b) {
    double even = 0;
    double odd = 0;
    int i = 0;
    for (; i + 1 < a.length; i += 2) {
      even += (double) a[i] * b[i];
      odd += (double) a[i + 1] * b[i + 1];
    }
    return i < a.length ? even + odd + (double) a[i] * b[i] : even + odd;
  }

  @Override
  public void addBias(MemorySegment x, MemorySegment bias, int rows, int columns) {
    for (int r = 0; r < rows; r++) {
      for (int i = 0; i < columns; i++) {
        add(x, (long) r * columns + i, bias.getAtIndex(FLOAT, i));
      }
    }
  }

  @Override
  public void rope(
      MemorySegment x,
      MemorySegment table,
      int rows,
      int heads,
      int headSize,
      int rotary,
      boolean interleaved) {
    int pairs = rotary / 2;
    for (int r = 0; r < rows; r++) {
      for (int h = 0; h < heads; h++) {
        long head = ((long) r * heads + h) * headSize;
        for (int i = 0; i < pairs; i++) {
          double cosine = table.getAtIndex(FLOAT, (long) r * rotary + i);
          double sine = table.getAtIndex(FLOAT, (long) r * rotary + pairs + i);
          long first = head + (interleaved ? 2 * i : i);
          long second = first + (interleaved ? 1 : pairs);
          double a = x.getAtIndex(FLOAT, first);
          double b = x.getAtIndex(FLOAT, second);
          x.setAtIndex(FLOAT, first, (float) (a * cosine - b * sine));
          x.setAtIndex(FLOAT, second, (float) (a * sine + b * cosine));
        }
      }
    }
  }

  @Override
  public void storeKv(KvShape shape, int layer, KvBatch batch, MemorySegment k, MemorySegment v) {
    for (int s = 0; s < batch.sequences(); s++) {
      int firstRow = batch.firstRow().getAtIndex(INT, s);
      int rows = batch.firstRow().getAtIndex(INT, s + 1) - firstRow;
      int start = batch.startPosition().getAtIndex(INT, s);
      for (int r = 0; r < rows; r++) {
        MemorySegment block = block(shape, batch, s, (start + r) / BLOCK);
        int token = (start + r) % BLOCK;
        for (int h = 0; h < shape.kvHeads(); h++) {
          long from = ((long) (firstRow + r) * shape.kvHeads() + h) * shape.headSize();
          long values = shape.valueOffset(layer, h, token);
          for (int i = 0; i < shape.headSize(); i++) {
            block.set(HALF, shape.keyOffset(layer, h, token, i), half(k, from + i));
            block.set(HALF, values + (long) i * Short.BYTES, half(v, from + i));
          }
        }
      }
    }
  }

  private static short half(MemorySegment x, long index) {
    return Float.floatToFloat16(x.getAtIndex(FLOAT, index));
  }

  private static MemorySegment block(KvShape shape, KvBatch batch, int sequence, int index) {
    long entry = batch.firstBlock().getAtIndex(INT, sequence) + (long) index;
    return ReservedMemory.view(batch.blockAddresses().getAtIndex(LONG, entry), shape.blockBytes());
  }

  @Override
  public void attention(
      KvShape shape,
      int layer,
      KvBatch batch,
      MemorySegment q,
      int queryHeads,
      float scale,
      float softcap,
      int window,
      MemorySegment sinks,
      MemorySegment out) {
    AttentionHead head = new AttentionHead(shape.headSize(), scale, softcap, window);
    int group = queryHeads / shape.kvHeads();
    for (int s = 0; s < batch.sequences(); s++) {
      int firstRow = batch.firstRow().getAtIndex(INT, s);
      int rows = batch.firstRow().getAtIndex(INT, s + 1) - firstRow;
      int start = batch.startPosition().getAtIndex(INT, s);
      for (int kvHead = 0; kvHead < shape.kvHeads(); kvHead++) {
        float[] keys = cached(shape, layer, batch, s, kvHead, start + rows, false);
        float[] values = cached(shape, layer, batch, s, kvHead, start + rows, true);
        for (int r = 0; r < rows; r++) {
          for (int h = kvHead * group; h < (kvHead + 1) * group; h++) {
            double sink =
                sinks.equals(MemorySegment.NULL)
                    ? Double.NEGATIVE_INFINITY
                    : sinks.getAtIndex(FLOAT, h);
            long at = (long) (firstRow + r) * queryHeads + h;
            float[] query = read(q, at, shape.headSize());
            write(head.attend(query, keys, values, start + r, sink), out, at);
          }
        }
      }
    }
  }

  /** The first {@code tokens} keys or values of one head of one sequence, token after token. */
  private static float[] cached(
      KvShape shape,
      int layer,
      KvBatch batch,
      int sequence,
      int kvHead,
      int tokens,
      boolean values) {
    int size = shape.headSize();
    float[] numbers = new float[tokens * size];
    for (int t = 0; t < tokens; t++) {
      MemorySegment block = block(shape, batch, sequence, t / BLOCK);
      for (int i = 0; i < size; i++) {
        long at =
            values
                ? shape.valueOffset(layer, kvHead, t % BLOCK) + (long) i * Short.BYTES
                : shape.keyOffset(layer, kvHead, t % BLOCK, i);
        numbers[t * size + i] = Float.float16ToFloat(block.get(HALF, at));
      }
    }
    return numbers;
  }

  /** One query over the keys it may see. */
  private record AttentionHead(int size, float scale, float softcap, int window) {

    float[] attend(float[] query, float[] keys, float[] values, int position, double sink) {
      int first = window == 0 ? 0 : Math.max(0, position - window + 1);
      double[] scores = new double[position + 1 - first];
      double greatest = sink;
      for (int t = first; t <= position; t++) {
        double score = 0;
        for (int i = 0; i < size; i++) {
          score += (double) query[i] * keys[t * size + i];
        }
        score *= scale;
        if (softcap != 0) {
          score = softcap * Math.tanh(score / softcap);
        }
        scores[t - first] = score;
        greatest = Math.max(greatest, score);
      }
      double total = Math.exp(sink - greatest);
      double[] sums = new double[size];
      for (int t = first; t <= position; t++) {
        double weight = Math.exp(scores[t - first] - greatest);
        total += weight;
        for (int i = 0; i < size; i++) {
          sums[i] += weight * values[t * size + i];
        }
      }
      float[] out = new float[size];
      for (int i = 0; i < size; i++) {
        out[i] = (float) (sums[i] / total);
      }
      return out;
    }
  }

  @Override
  public void gate(
      Activation activation, MemorySegment gate, MemorySegment up, long count, MemorySegment out) {
    boolean alone = up.equals(MemorySegment.NULL);
    for (long i = 0; i < count; i++) {
      double x = gate.getAtIndex(FLOAT, i);
      double y = alone ? 1 : up.getAtIndex(FLOAT, i);
      double result =
          switch (activation) {
            case SILU -> x / (1 + Math.exp(-x)) * y;
            case GELU_TANH ->
                0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))) * y;
            case SWIGLU_OAI -> {
              double clamped = Math.min(x, 7);
              double linear = Math.clamp(y, -7.0, 7.0);
              yield clamped / (1 + Math.exp(-1.702 * clamped)) * (linear + 1);
            }
          };
      out.setAtIndex(FLOAT, i, (float) result);
    }
  }

  @Override
  public void addScaled(MemorySegment x, MemorySegment y, float scale, long count) {
    for (long i = 0; i < count; i++) {
      add(x, i, scale * y.getAtIndex(FLOAT, i));
    }
  }

  @Override
  public void gatherRows(
      MemorySegment x, MemorySegment index, int count, int columns, MemorySegment out) {
    float[] row = new float[columns];
    for (int i = 0; i < count; i++) {
      read(x, index.getAtIndex(INT, i), row);
      write(row, out, i);
    }
  }

  @Override
  public void scatterAddRows(
      MemorySegment x,
      MemorySegment index,
      MemorySegment weight,
      int count,
      int columns,
      MemorySegment out) {
    for (int i = 0; i < count; i++) {
      long to = (long) index.getAtIndex(INT, i) * columns;
      float scale = weight.getAtIndex(FLOAT, i);
      for (int c = 0; c < columns; c++) {
        add(out, to + c, scale * x.getAtIndex(FLOAT, (long) i * columns + c));
      }
    }
  }

  private static void add(MemorySegment x, long index, float value) {
    x.setAtIndex(FLOAT, index, x.getAtIndex(FLOAT, index) + value);
  }

  private static float[] read(MemorySegment x, long row, int columns) {
    float[] numbers = new float[columns];
    read(x, row, numbers);
    return numbers;
  }

  private static void read(MemorySegment x, long row, float[] numbers) {
    MemorySegment.copy(x, FLOAT, row * numbers.length * Float.BYTES, numbers, 0, numbers.length);
  }

  private static void write(float[] numbers, MemorySegment x, long row) {
    MemorySegment.copy(numbers, 0, x, FLOAT, row * numbers.length * Float.BYTES, numbers.length);
  }
}
