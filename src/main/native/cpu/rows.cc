// Operations on rows of float32 numbers: norms, biases, rotary positions, gates, sums.
// Each reads and writes every number once; a large one is split over the threads by rows or stretches.
#define SLINFER_KERNEL_FILE "rows.cc"
#include "each_isa.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "kernels.h"
#include "simd.h"
#include "thread_pool.h"

SLINFER_ISA_BEGIN

#include "vector_math.h"

// Less than this many numbers are not worth a second thread.
constexpr int64_t kNumbersPerItem = 16 << 10;

int64_t rowsPerItem(int columns) {
  return std::max<int64_t>(1, kNumbersPerItem / std::max(1, columns));
}

// The next vector of which `left` numbers are real: the last one goes by way of a padded copy.
SLINFER_INLINE F32 loadPart(const float* p, int64_t left) {
  if (left >= kLanes) return load(p);
  alignas(64) float padded[kLanes] = {};
  std::memcpy(padded, p, left * sizeof(float));
  return load(padded);
}

SLINFER_INLINE void storePart(float* p, F32 v, int64_t left) {
  if (left >= kLanes) {
    store(p, v);
    return;
  }
  alignas(64) float padded[kLanes];
  store(padded, v);
  std::memcpy(p, padded, left * sizeof(float));
}

// ---- Norms ----

struct NormJob {
  const float* x;
  const float* weight;
  const float* bias;
  float epsilon;
  int columns;
  float* out;
};

SLINFER_INLINE float sumOfSquares(const float* x, float mean, int columns) {
  F32 sums[2] = {splat(0), splat(0)};
  int c = 0;
  for (; c + 2 * kLanes <= columns; c += 2 * kLanes) {
    const F32 a = load(x + c) - splat(mean);
    const F32 b = load(x + c + kLanes) - splat(mean);
    sums[0] = fma(a, a, sums[0]);
    sums[1] = fma(b, b, sums[1]);
  }
  float total = sum(sums[0] + sums[1]);
  for (; c < columns; c++) total += (x[c] - mean) * (x[c] - mean);
  return total;
}

void rmsNormItems(void* context, int64_t first, int64_t last, int) {
  const NormJob& job = *static_cast<NormJob*>(context);
  for (int64_t row = first; row < last; row++) {
    const float* x = job.x + row * job.columns;
    float* out = job.out + row * job.columns;
    const float meanSquare = sumOfSquares(x, 0, job.columns) / static_cast<float>(job.columns);
    const F32 scale = splat(1 / std::sqrt(meanSquare + job.epsilon));
    for (int c = 0; c < job.columns; c += kLanes) {
      const int left = job.columns - c;
      storePart(out + c, loadPart(x + c, left) * scale * loadPart(job.weight + c, left), left);
    }
  }
}

void layerNormItems(void* context, int64_t first, int64_t last, int) {
  const NormJob& job = *static_cast<NormJob*>(context);
  for (int64_t row = first; row < last; row++) {
    const float* x = job.x + row * job.columns;
    float* out = job.out + row * job.columns;
    F32 sums = splat(0);
    for (int c = 0; c < job.columns; c += kLanes) sums += loadPart(x + c, job.columns - c);
    const float mean = sum(sums) / static_cast<float>(job.columns);
    const float variance = sumOfSquares(x, mean, job.columns) / static_cast<float>(job.columns);
    const F32 scale = splat(1 / std::sqrt(variance + job.epsilon));
    for (int c = 0; c < job.columns; c += kLanes) {
      const int left = job.columns - c;
      const F32 normal = (loadPart(x + c, left) - splat(mean)) * scale;
      const F32 bias = job.bias == nullptr ? splat(0) : loadPart(job.bias + c, left);
      storePart(out + c, fma(normal, loadPart(job.weight + c, left), bias), left);
    }
  }
}

void rmsNorm(ThreadPool& pool, const float* x, const float* weight, float epsilon, int rows,
             int columns, float* out) {
  NormJob job = {x, weight, nullptr, epsilon, columns, out};
  pool.run(rmsNormItems, &job, rows, rowsPerItem(columns));
}

void layerNorm(ThreadPool& pool, const float* x, const float* weight, const float* bias,
               float epsilon, int rows, int columns, float* out) {
  NormJob job = {x, weight, bias, epsilon, columns, out};
  pool.run(layerNormItems, &job, rows, rowsPerItem(columns));
}

// ---- Biases and sums ----

SLINFER_INLINE void addRow(float* x, const float* y, F32 scale, int64_t count) {
  for (int64_t i = 0; i < count; i += kLanes) {
    const int64_t left = count - i;
    storePart(x + i, fma(loadPart(y + i, left), scale, loadPart(x + i, left)), left);
  }
}

struct AddJob {
  float* x;
  const float* y;
  float scale;
  int64_t count;
};

void addBiasItems(void* context, int64_t first, int64_t last, int) {
  const AddJob& job = *static_cast<AddJob*>(context);
  for (int64_t row = first; row < last; row++) {
    addRow(job.x + row * job.count, job.y, splat(1), job.count);
  }
}

void addBias(ThreadPool& pool, float* x, const float* bias, int rows, int columns) {
  AddJob job = {x, bias, 1, columns};
  pool.run(addBiasItems, &job, rows, rowsPerItem(columns));
}

void addScaledItems(void* context, int64_t first, int64_t last, int) {
  const AddJob& job = *static_cast<AddJob*>(context);
  const int64_t start = first * kNumbersPerItem;
  const int64_t end = std::min(last * kNumbersPerItem, job.count);
  addRow(job.x + start, job.y + start, splat(job.scale), end - start);
}

void addScaled(ThreadPool& pool, float* x, const float* y, float scale, int64_t count) {
  AddJob job = {x, y, scale, count};
  pool.run(addScaledItems, &job, (count + kNumbersPerItem - 1) / kNumbersPerItem, 1);
}

struct ScatterJob {
  const float* x;
  const int32_t* index;
  const float* weight;
  int count;
  int columns;
  float* out;
};

constexpr int kScatterColumns = 256;

// Splits by columns, so that each thread adds to a row in order.
void scatterItems(void* context, int64_t first, int64_t last, int) {
  const ScatterJob& job = *static_cast<ScatterJob*>(context);
  const int64_t start = first * kScatterColumns;
  const int64_t width = std::min<int64_t>(last * kScatterColumns, job.columns) - start;
  for (int i = 0; i < job.count; i++) {
    addRow(job.out + static_cast<int64_t>(job.index[i]) * job.columns + start,
           job.x + static_cast<int64_t>(i) * job.columns + start, splat(job.weight[i]), width);
  }
}

void scatterAddRows(ThreadPool& pool, const float* x, const int32_t* index, const float* weight,
                    int count, int columns, float* out) {
  ScatterJob job = {x, index, weight, count, columns, out};
  const int64_t items = (columns + kScatterColumns - 1) / kScatterColumns;
  const bool small = static_cast<int64_t>(count) * columns < kNumbersPerItem;
  pool.run(scatterItems, &job, items, small ? items : 1);
}

// ---- Rotary positions ----

struct RopeJob {
  float* x;
  const float* table;
  slinfer_rope_shape shape;
};

SLINFER_INLINE void rotateHalves(float* head, const float* cosines, const float* sines, int half) {
  for (int i = 0; i < half; i += kLanes) {
    const int left = half - i;
    const F32 cosine = loadPart(cosines + i, left);
    const F32 sine = loadPart(sines + i, left);
    const F32 a = loadPart(head + i, left);
    const F32 b = loadPart(head + half + i, left);
    storePart(head + i, a * cosine - b * sine, left);
    storePart(head + half + i, a * sine + b * cosine, left);
  }
}

SLINFER_INLINE void rotatePairs(float* head, const float* cosines, const float* sines, int half) {
  for (int i = 0; i < half; i++) {
    const float a = head[2 * i];
    const float b = head[2 * i + 1];
    head[2 * i] = a * cosines[i] - b * sines[i];
    head[2 * i + 1] = a * sines[i] + b * cosines[i];
  }
}

void ropeItems(void* context, int64_t first, int64_t last, int) {
  const RopeJob& job = *static_cast<RopeJob*>(context);
  const slinfer_rope_shape& shape = job.shape;
  const int half = shape.rotary / 2;
  for (int64_t row = first; row < last; row++) {
    const float* cosines = job.table + row * shape.rotary;
    for (int head = 0; head < shape.heads; head++) {
      float* numbers = job.x + (row * shape.heads + head) * shape.head_size;
      if (shape.interleaved != 0) {
        rotatePairs(numbers, cosines, cosines + half, half);
      } else {
        rotateHalves(numbers, cosines, cosines + half, half);
      }
    }
  }
}

void rope(ThreadPool& pool, float* x, const float* table, const slinfer_rope_shape& shape) {
  RopeJob job = {x, table, shape};
  pool.run(ropeItems, &job, shape.rows, rowsPerItem(shape.heads * shape.head_size));
}

// ---- Gates ----

struct GateJob {
  slinfer_activation activation;
  const float* gate;
  const float* up;
  int64_t count;
  float* out;
};

SLINFER_INLINE F32 silu(F32 gate, F32 up) { return gate * sigmoid(gate) * up; }

SLINFER_INLINE F32 geluTanh(F32 gate, F32 up) {
  const F32 cubic = fma(gate * gate * gate, splat(0.044715f), gate);
  // (1 + tanh(z)) / 2 is sigmoid(2 z), without the cancellation.
  return gate * sigmoid(cubic * splat(2 * 0.7978845608f)) * up;
}

SLINFER_INLINE F32 swigluOai(F32 gate, F32 up) {
  const F32 limit = splat(7);
  const F32 g = minimum(gate, limit);
  const F32 u = minimum(maximum(up, splat(-7)), limit);
  return g * sigmoid(g * splat(1.702f)) * (u + splat(1));
}

template <slinfer_activation kActivation>
SLINFER_INLINE void gateStretch(const GateJob& job, int64_t start, int64_t end) {
  for (int64_t i = start; i < end; i += kLanes) {
    const int64_t left = end - i;
    const F32 gate = loadPart(job.gate + i, left);
    const F32 up = job.up == nullptr ? splat(1)
                                     : loadPart(job.up + i, left);
    const F32 value = kActivation == SLINFER_SILU        ? silu(gate, up)
                      : kActivation == SLINFER_GELU_TANH ? geluTanh(gate, up)
                                                         : swigluOai(gate, up);
    storePart(job.out + i, value, left);
  }
}

constexpr int64_t kGateNumbersPerItem = 2 << 10;

void gateItems(void* context, int64_t first, int64_t last, int) {
  const GateJob& job = *static_cast<GateJob*>(context);
  const int64_t start = first * kGateNumbersPerItem;
  const int64_t end = std::min(last * kGateNumbersPerItem, job.count);
  switch (job.activation) {
    case SLINFER_SILU: return gateStretch<SLINFER_SILU>(job, start, end);
    case SLINFER_GELU_TANH: return gateStretch<SLINFER_GELU_TANH>(job, start, end);
    case SLINFER_SWIGLU_OAI: return gateStretch<SLINFER_SWIGLU_OAI>(job, start, end);
  }
}

void gate(ThreadPool& pool, slinfer_activation activation, const float* gate, const float* up,
          int64_t count, float* out) {
  GateJob job = {activation, gate, up, count, out};
  const int64_t items = (count + kGateNumbersPerItem - 1) / kGateNumbersPerItem;
  pool.run(gateItems, &job, items, items <= 4 ? items : 1);
}

extern const RowKernels kRows = {rmsNorm, layerNorm, addBias,  rope,
                                 gate,    addScaled, scatterAddRows};

SLINFER_ISA_END
