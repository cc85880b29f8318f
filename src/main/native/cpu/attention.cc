// Attention over keys and values in paged blocks (layout in include/attention.h).
//
// Work is split by sequence, key head, tile of queries and, while a sequence has few queries, part of
// its positions: an item reads each key and value once and converts it once for up to kMaxRegisterQueries
// queries. Lanes are tokens for the scores (keys lie by dimension) and dimensions for the values, so no
// sum runs across lanes. Softmax is the running kind, updated once a tile of kTilePositions.
#define SLINFER_KERNEL_FILE "attention.cc"
#include "each_isa.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "attention_job.h"
#include "kernels.h"
#include "simd.h"
#include "thread_pool.h"

SLINFER_ISA_BEGIN

#include "vector_math.h"

constexpr int kBlockTokens = 16;
constexpr int kTilePositions = 128;
constexpr int kTileVectors = kTilePositions / kLanes;
// Positions of one item when a sequence has no more queries than fit one item. Multiples of it, whatever
// the batch, so that a sequence's result does not depend on its neighbours.
constexpr int kPartPositions = 512;
// 64 queries of head size 64 with their sums are 32 KiB.
constexpr int kMaxQueries = 64;
constexpr int kMaxRegisterQueries = SLINFER_ISA_ID == 3 ? 8 : 4;
constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();

SLINFER_INLINE int roundUp(int value, int multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

// ---- Storing ----

struct StoreJob {
  const slinfer_kv_shape* shape;
  const slinfer_kv_batch* batch;
  const float* k;
  const float* v;
};

inline int64_t layerNumbers(const slinfer_kv_shape& shape) {
  return int64_t{2} * kBlockTokens * shape.kv_heads * shape.head_size;
}

// The keys of one head of the layer in a block.
inline uint16_t* keysOf(const slinfer_kv_shape& shape, void* block, int head) {
  return static_cast<uint16_t*>(block) + shape.layer * layerNumbers(shape) +
         int64_t{head} * shape.head_size * kBlockTokens;
}

inline uint16_t* valuesOf(const slinfer_kv_shape& shape, void* block, int head) {
  return keysOf(shape, block, shape.kv_heads + head);
}

inline void toHalves(const float* from, int count, uint16_t* to) {
  int i = 0;
  for (; i + kLanes <= count; i += kLanes) storeHalf(to + i, load(from + i));
  for (; i < count; i++) to[i] = floatToHalf(from[i]);
}

void storeRow(const StoreJob& job, int row, void* block, int token) {
  const slinfer_kv_shape& shape = *job.shape;
  uint16_t halves[kMaxHeadSize];
  for (int head = 0; head < shape.kv_heads; head++) {
    const int64_t offset = (static_cast<int64_t>(row) * shape.kv_heads + head) * shape.head_size;
    toHalves(job.k + offset, shape.head_size, halves);
    uint16_t* keys = keysOf(shape, block, head) + token;
    for (int d = 0; d < shape.head_size; d++) keys[d * kBlockTokens] = halves[d];
    toHalves(job.v + offset, shape.head_size,
             valuesOf(shape, block, head) + token * shape.head_size);
  }
}

void storeItems(void* context, int64_t first, int64_t last, int) {
  const StoreJob& job = *static_cast<StoreJob*>(context);
  const slinfer_kv_batch& batch = *job.batch;
  for (int s = 0; s < batch.sequences; s++) {
    const int from = std::max<int>(batch.first_row[s], static_cast<int>(first));
    const int to = std::min<int>(batch.first_row[s + 1], static_cast<int>(last));
    for (int row = from; row < to; row++) {
      const int position = batch.start_position[s] + row - batch.first_row[s];
      void* block = batch.block_addresses[batch.first_block[s] + position / kBlockTokens];
      storeRow(job, row, block, position % kBlockTokens);
    }
  }
}

int32_t storeKv(ThreadPool& pool, const slinfer_kv_shape& shape, const slinfer_kv_batch& batch,
                const float* k, const float* v) {
  StoreJob job = {&shape, &batch, k, v};
  constexpr int kRowsPerItem = 32;
  pool.run(storeItems, &job, batch.first_row[batch.sequences], kRowsPerItem);
  return SLINFER_OK;
}

// ---- Scores ----

// The blocks that an item reads, for one key head.
struct KeyValues {
  const slinfer_kv_shape* shape;
  void* const* blocks;
  int head;
  int endPosition;

  const uint16_t* keys(int position) const {
    return keysOf(*shape, blocks[position / kBlockTokens], head) + position % kBlockTokens;
  }
  const uint16_t* values(int position) const {
    return valuesOf(*shape, blocks[position / kBlockTokens], head) +
           position % kBlockTokens * shape->head_size;
  }
};

// scores[m][v..] for kQueries queries, `q` packed as [dimension][kQueries], and kVectors vectors of
// positions from `position` on. kPrefetch: also fetches the keys that come next and the values of these
// positions, since blocks lie apart and the hardware does not foresee the next one.
template <int kQueries, int kVectors, bool kPrefetch>
SLINFER_INLINE void scoreVectors(const KeyValues& kv, const float* q, int position, float* scores) {
  const uint16_t* keys[kVectors];
  const uint16_t* ahead[kVectors];
  const uint16_t* values[kVectors];
  F32 sums[kQueries][kVectors];
#pragma GCC unroll 8
  for (int v = 0; v < kVectors; v++) {
    keys[v] = kv.keys(position + v * kLanes);
    const int next = std::min(position + (kVectors + v) * kLanes, kv.endPosition - 1);
    ahead[v] = kPrefetch ? kv.keys(next) : nullptr;
    values[v] = kPrefetch ? kv.values(position + v * kLanes) : nullptr;
#pragma GCC unroll 8
    for (int m = 0; m < kQueries; m++) sums[m][v] = splat(0);
  }
  for (int d = 0; d < kv.shape->head_size; d++) {
    F32 key[kVectors];
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; v++) {
      key[v] = loadHalf(keys[v] + d * kBlockTokens);
      if (kPrefetch && d % 2 == 0) {
        __builtin_prefetch(ahead[v] + d * kBlockTokens);
        __builtin_prefetch(values[v] + d * kLanes);
      }
    }
#pragma GCC unroll 8
    for (int m = 0; m < kQueries; m++) {
      const F32 one = splat(q[d * kQueries + m]);
#pragma GCC unroll 8
      for (int v = 0; v < kVectors; v++) sums[m][v] = fma(one, key[v], sums[m][v]);
    }
  }
#pragma GCC unroll 8
  for (int m = 0; m < kQueries; m++) {
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; v++) store(scores + m * kTilePositions + v * kLanes, sums[m][v]);
  }
}

// Enough independent sums to hide the latency of a multiply-add.
template <int kQueries, bool kPrefetch>
SLINFER_INLINE void score(const KeyValues& kv, const float* q, int position, int vectors,
                          float* scores) {
  constexpr int kVectors = kQueries >= 4 ? (kMaxRegisterQueries == 8 ? 16 / kQueries : 2) : 4;
  int v = 0;
  for (; v + kVectors <= vectors; v += kVectors) {
    scoreVectors<kQueries, kVectors, kPrefetch>(kv, q, position + v * kLanes, scores + v * kLanes);
  }
  for (; v < vectors; v++) {
    scoreVectors<kQueries, 1, kPrefetch>(kv, q, position + v * kLanes, scores + v * kLanes);
  }
}

// ---- Softmax ----

// One query's state: sees positions [low, high).
struct Query {
  int low;
  int high;
  float maximum;
  float sum;
};

SLINFER_INLINE F32 visible(F32 scores, int position, const Query& query) {
  if (position >= query.low && position + kLanes <= query.high) return scores;
  alignas(64) float lanes[kLanes];
  store(lanes, scores);
  for (int lane = 0; lane < kLanes; lane++) {
    const int at = position + lane;
    if (at < query.low || at >= query.high) lanes[lane] = kMinusInfinity;
  }
  return load(lanes);
}

// Turns a tile's scores into weights relative to the query's new maximum; returns what the sums so far
// must be multiplied with.
SLINFER_INLINE float softmaxTile(float* scores, int position, int vectors, float softcap,
                                 Query& query) {
  F32 extreme = splat(query.maximum);
  for (int v = 0; v < vectors; v++) {
    F32 s = load(scores + v * kLanes);
    if (softcap > 0) s = splat(softcap) * hyperbolicTangent(s / splat(softcap));
    s = visible(s, position + v * kLanes, query);
    extreme = maximum(extreme, s);
    store(scores + v * kLanes, s);
  }
  const float newMaximum = largest(extreme);
  if (newMaximum == kMinusInfinity) {
    for (int v = 0; v < vectors; v++) store(scores + v * kLanes, splat(0));
    return 1;
  }
  F32 total = splat(0);
  for (int v = 0; v < vectors; v++) {
    const F32 weight = exponential(load(scores + v * kLanes) - splat(newMaximum));
    total += weight;
    store(scores + v * kLanes, weight);
  }
  const float factor = std::exp(query.maximum - newMaximum);
  query.sum = query.sum * factor + sum(total);
  query.maximum = newMaximum;
  return factor;
}

// ---- Values ----

// sums[m][d..] = factor[m] x sums[m][d..] + weights times values, for kVectors vectors of dimensions
// from `d` on; `sums` has rows of `stride`.
template <int kQueries, int kVectors, bool kPartial>
SLINFER_INLINE void addValues(const KeyValues& kv, const float* weights, const float* factors,
                              int position, int count, int d, float* sums, int stride) {
  F32 total[kQueries][kVectors];
#pragma GCC unroll 8
  for (int m = 0; m < kQueries; m++) {
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; v++) {
      total[m][v] = load(sums + m * stride + d + v * kLanes) * splat(factors[m]);
    }
  }
  const int headSize = kv.shape->head_size;
  for (int i = 0; i < count;) {
    const uint16_t* values = kv.values(position + i) + d;
    const int end = std::min(count, i + kBlockTokens - (position + i) % kBlockTokens);
    for (; i < end; i++, values += headSize) {
      F32 value[kVectors];
#pragma GCC unroll 8
      for (int v = 0; v < kVectors; v++) {
        if (kPartial) {
          uint16_t padded[kLanes] = {};
          std::memcpy(padded, values, (headSize - d) * sizeof(uint16_t));
          value[v] = loadHalf(padded);
        } else {
          value[v] = loadHalf(values + v * kLanes);
        }
      }
#pragma GCC unroll 8
      for (int m = 0; m < kQueries; m++) {
        const F32 weight = splat(weights[m * kTilePositions + i]);
#pragma GCC unroll 8
        for (int v = 0; v < kVectors; v++) total[m][v] = fma(weight, value[v], total[m][v]);
      }
    }
  }
#pragma GCC unroll 8
  for (int m = 0; m < kQueries; m++) {
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; v++) store(sums + m * stride + d + v * kLanes, total[m][v]);
  }
}

template <int kQueries>
SLINFER_INLINE void addAllValues(const KeyValues& kv, const float* weights, const float* factors,
                                 int position, int count, float* sums, int stride) {
  constexpr int kVectors = kQueries >= 4 ? 2 : 4;
  const int headSize = kv.shape->head_size;
  int d = 0;
  for (; d + kVectors * kLanes <= headSize; d += kVectors * kLanes) {
    addValues<kQueries, kVectors, false>(kv, weights, factors, position, count, d, sums, stride);
  }
  for (; d + kLanes <= headSize; d += kLanes) {
    addValues<kQueries, 1, false>(kv, weights, factors, position, count, d, sums, stride);
  }
  if (d < headSize) {
    addValues<kQueries, 1, true>(kv, weights, factors, position, count, d, sums, stride);
  }
}

// ---- One item ----

// A thread's working memory. `q` is packed for groups of up to kMaxRegisterQueries queries.
struct Workspace {
  Query queries[kMaxQueries];
  alignas(64) float scores[kMaxRegisterQueries * kTilePositions];
  alignas(64) float q[kMaxQueries * kMaxHeadSize];
  alignas(64) float sums[kMaxQueries * kMaxHeadSize];
};

template <int kQueries>
SLINFER_INLINE void tileOfQueries(const AttentionJob& job, const KeyValues& kv, Workspace& work,
                                  int first, int tileStart, int tileEnd) {
  Query* queries = work.queries + first;
  int low = tileEnd, high = tileStart;
  for (int m = 0; m < kQueries; m++) {
    low = std::min(low, queries[m].low);
    high = std::max(high, queries[m].high);
  }
  const int start = std::max(low, tileStart) / kLanes * kLanes;
  const int end = std::min(high, tileEnd);
  if (start >= end) return;
  const int vectors = (end - start + kLanes - 1) / kLanes;
  const int stride = roundUp(kv.shape->head_size, kLanes);
  const float* q = work.q + first * kv.shape->head_size;
  if (first == 0) {
    score<kQueries, true>(kv, q, start, vectors, work.scores);
  } else {
    score<kQueries, false>(kv, q, start, vectors, work.scores);
  }
  float factors[kQueries];
  for (int m = 0; m < kQueries; m++) {
    factors[m] = softmaxTile(work.scores + m * kTilePositions, start, vectors,
                             job.options->softcap, queries[m]);
  }
  addAllValues<kQueries>(kv, work.scores, factors, start, end - start,
                         work.sums + first * stride, stride);
}

// Calls tileOfQueries for groups of 8, 4, 2 and 1 queries: as packQueries groups them.
SLINFER_INLINE int groupSize(int queriesLeft) {
  int size = kMaxRegisterQueries;
  while (size > queriesLeft) size /= 2;
  return size;
}

// Where query number `index` of a sequence and key head lies: rows, then the heads of the group.
SLINFER_INLINE int64_t queryOffset(const AttentionJob& job, const AttentionItem& item, int index) {
  const int group = job.options->query_heads / job.shape->kv_heads;
  const int64_t row = job.batch->first_row[item.sequence] + index / group;
  const int head = item.kvHead * group + index % group;
  return (row * job.options->query_heads + head) * job.shape->head_size;
}

void packQueries(const AttentionJob& job, const AttentionItem& item, Workspace& work) {
  const int headSize = job.shape->head_size;
  const int group = job.options->query_heads / job.shape->kv_heads;
  for (int m = 0; m < item.queries; m++) {
    const int position =
        job.batch->start_position[item.sequence] + (item.firstQuery + m) / group;
    const int window = job.options->window;
    const int low = window > 0 ? std::max(0, position - window + 1) : 0;
    work.queries[m] = {std::max(low, item.firstPosition), std::min(position + 1, item.endPosition),
                       kMinusInfinity, 0};
  }
  for (int first = 0; first < item.queries;) {
    const int size = groupSize(item.queries - first);
    for (int m = 0; m < size; m++) {
      const float* q = job.q + queryOffset(job, item, item.firstQuery + first + m);
      float* packed = work.q + first * headSize + m;
      for (int d = 0; d < headSize; d++) packed[d * size] = q[d] * job.options->scale;
    }
    first += size;
  }
  std::memset(work.sums, 0, sizeof(float) * item.queries * roundUp(headSize, kLanes));
}

void attendTiles(const AttentionJob& job, const AttentionItem& item, Workspace& work) {
  const KeyValues kv = {job.shape,
                        job.batch->block_addresses + job.batch->first_block[item.sequence],
                        item.kvHead, item.endPosition};
  for (int tile = item.firstPosition / kTilePositions * kTilePositions; tile < item.endPosition;
       tile += kTilePositions) {
    const int end = std::min(tile + kTilePositions, item.endPosition);
    for (int first = 0; first < item.queries;) {
      const int size = groupSize(item.queries - first);
      switch (size) {
        case 8: tileOfQueries<kMaxRegisterQueries>(job, kv, work, first, tile, end); break;
        case 4: tileOfQueries<4>(job, kv, work, first, tile, end); break;
        case 2: tileOfQueries<2>(job, kv, work, first, tile, end); break;
        default: tileOfQueries<1>(job, kv, work, first, tile, end); break;
      }
      first += size;
    }
  }
}

// Writes a query's result: sums over the weights' sum, with the sink in it.
SLINFER_INLINE void finish(const float* sums, float maximum, float sum, const float* sink,
                           int headSize, float* out) {
  float scale = 1;
  if (sink != nullptr) {
    const float top = std::max(maximum, *sink);
    scale = std::exp(maximum - top);
    sum = sum * scale + std::exp(*sink - top);
  }
  const float factor = sum > 0 ? scale / sum : 0;
  for (int d = 0; d < headSize; d++) out[d] = sums[d] * factor;
}

const float* sinkOf(const AttentionJob& job, const AttentionItem& item, int index) {
  if (job.options->sinks == nullptr) return nullptr;
  const int group = job.options->query_heads / job.shape->kv_heads;
  return job.options->sinks + item.kvHead * group + index % group;
}

void attendItems(void* context, int64_t first, int64_t last, int thread) {
  const AttentionJob& job = *static_cast<AttentionJob*>(context);
  Workspace& work = static_cast<Workspace*>(job.workspaces)[thread];
  const int headSize = job.shape->head_size;
  const int stride = roundUp(headSize, kLanes);
  for (int64_t i = first; i < last; i++) {
    const AttentionItem& item = job.items[i];
    packQueries(job, item, work);
    attendTiles(job, item, work);
    for (int m = 0; m < item.queries; m++) {
      const Query& query = work.queries[m];
      const float* sums = work.sums + m * stride;
      if (item.parts == 1) {
        finish(sums, query.maximum, query.sum, sinkOf(job, item, item.firstQuery + m), headSize,
               job.out + queryOffset(job, item, item.firstQuery + m));
      } else {
        float* partial = job.partials + (item.firstPartial + m) * (headSize + 2);
        partial[0] = query.maximum;
        partial[1] = query.sum;
        std::memcpy(partial + 2, sums, headSize * sizeof(float));
      }
    }
  }
}

// ---- Parts ----

// Adds up the parts of all queries of the first item of `item.parts` neighbouring items.
void mergeParts(const AttentionJob& job, const AttentionItem* items) {
  const AttentionItem& item = items[0];
  const int headSize = job.shape->head_size;
  const int size = headSize + 2;
  float sums[kMaxHeadSize];
  for (int m = 0; m < item.queries; m++) {
    float top = kMinusInfinity;
    for (int p = 0; p < item.parts; p++) {
      top = std::max(top, job.partials[(items[p].firstPartial + m) * size]);
    }
    float total = 0;
    std::fill(sums, sums + headSize, 0.0f);
    for (int p = 0; p < item.parts; p++) {
      const float* partial = job.partials + (items[p].firstPartial + m) * size;
      const float factor = std::exp(partial[0] - top);
      total += factor * partial[1];
      for (int d = 0; d < headSize; d++) sums[d] += factor * partial[2 + d];
    }
    finish(sums, top, total, sinkOf(job, item, item.firstQuery + m), headSize,
           job.out + queryOffset(job, item, item.firstQuery + m));
  }
}

void mergeItems(void* context, int64_t first, int64_t last, int) {
  const AttentionJob& job = *static_cast<AttentionJob*>(context);
  for (int64_t i = first; i < last; i++) {
    if (job.items[i].parts > 1 && job.items[i].part == 0) mergeParts(job, job.items + i);
  }
}

// ---- The split ----

// Plans the items of one sequence, at `items` if not null; returns how many.
int64_t planSequence(const AttentionJob& job, int sequence, AttentionItem* items,
                     int64_t* partials) {
  const slinfer_kv_batch& batch = *job.batch;
  const int group = job.options->query_heads / job.shape->kv_heads;
  const int rows = batch.first_row[sequence + 1] - batch.first_row[sequence];
  const int start = batch.start_position[sequence];
  const int queries = rows * group;
  int64_t count = 0;
  for (int head = 0; head < job.shape->kv_heads; head++) {
    for (int query = 0; query < queries; query += kMaxQueries) {
      const int size = std::min(kMaxQueries, queries - query);
      const int firstSeen = start + query / group - job.options->window + 1;
      const int low = job.options->window > 0 ? std::max(0, firstSeen) : 0;
      const int high = start + (query + size - 1) / group + 1;
      const int grid = queries <= kMaxQueries ? kPartPositions : roundUp(high, kPartPositions);
      const int firstPart = low / grid;
      const int parts = (high + grid - 1) / grid - firstPart;
      for (int part = 0; part < parts; part++, count++) {
        if (items == nullptr) continue;
        items[count] = {sequence, head,          query, size,
                        std::max(low, (firstPart + part) * grid),
                        std::min(high, (firstPart + part + 1) * grid),
                        part,     parts,         parts > 1 ? *partials : 0};
        if (parts > 1) *partials += size;
      }
    }
  }
  return count;
}

int32_t attention(ThreadPool& pool, const slinfer_kv_shape& shape, const slinfer_kv_batch& batch,
                  const slinfer_attention_options& options, const float* q, float* out) {
  AttentionJob job = {};
  job.shape = &shape;
  job.batch = &batch;
  job.options = &options;
  job.q = q;
  job.out = out;
  int64_t count = 0;
  for (int s = 0; s < batch.sequences; s++) count += planSequence(job, s, nullptr, nullptr);
  job.items = static_cast<AttentionItem*>(
      pool.scratch(ThreadPool::kItems, count * sizeof(AttentionItem)));
  job.workspaces = pool.scratch(ThreadPool::kWorkspaces, pool.threads() * sizeof(Workspace));
  if (job.items == nullptr || job.workspaces == nullptr) return SLINFER_OUT_OF_MEMORY;
  int64_t planned = 0, partials = 0;
  for (int s = 0; s < batch.sequences; s++) {
    planned += planSequence(job, s, job.items + planned, &partials);
  }
  if (partials > 0) {
    job.partials = static_cast<float*>(pool.scratch(
        ThreadPool::kPartials, partials * (shape.head_size + 2) * sizeof(float)));
    if (job.partials == nullptr) return SLINFER_OUT_OF_MEMORY;
  }
  pool.run(attendItems, &job, count, 1);
  // Merging is a few hundred multiply-adds a query and part.
  if (partials > 0) pool.run(mergeItems, &job, count, 64);
  return SLINFER_OK;
}

extern const AttentionKernels kAttention = {storeKv, attention};

SLINFER_ISA_END
