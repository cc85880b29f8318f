// Causal attention over the paged cache on tensor cores, with an online softmax (Milakov and Gimelshein 2018; Dao 2022). A warp holds 16
// query rows: (token, head) pairs that share a key head. Keys and values are read straight from the cache: their layouts let every lane
// load what its fragments need in whole words. Within 16 tokens, column j of score tile u is token 4 (j / 2) + j % 2 + 2 u, so that a
// lane's probabilities are those of tokens 4t to 4t + 3, whose values lie side by side.
#include "kv.cuh"

namespace {

constexpr int kAttentionWarps = 4;
constexpr float kNone = -INFINITY;

// The query rows of a warp: rows `first` to `first` + 15 of the tile's (token, head) pairs.
struct QueryRows {
  int row;       // of the batch, of the tile's first token
  int position;  // of that token
  int entries;   // tokens of the tile x heads that share a key head
  int first;
  int group;     // how many heads share a key head
  int firstBlock;
};

template <int D>
struct Running {
  float out[D / 8][4];
  float greatest[2];
  float total[2];
};

template <int D>
DEVICE void loadQueries(const AttentionArgs& a, const QueryRows& rows, int keyHead, int g, int t, uint32_t (&q)[D / 16][4]) {
  const float* line[2];
  for (int half = 0; half < 2; half++) {
    const int entry = rows.first + g + 8 * half;
    const int safe = entry < rows.entries ? entry : rows.entries - 1;
    line[half] = a.query + (static_cast<int64_t>(rows.row + safe / rows.group) * a.heads + keyHead * rows.group + safe % rows.group) * a.headSize;
  }
#pragma unroll
  for (int c = 0; c < D / 32; c++) {
    const bool there = 32 * c + 8 * t < a.headSize;
#pragma unroll
    for (int pair = 0; pair < 4; pair++) {
#pragma unroll
      for (int half = 0; half < 2; half++) {
        const float* x = line[half] + 32 * c + 8 * t + 2 * pair;
        q[2 * c + pair / 2][pair % 2 * 2 + half] = there ? halves(x[0] * a.scale, x[1] * a.scale) : 0;
      }
    }
  }
}

template <int D>
DEVICE void scoreTokens(const AttentionArgs& a, const half_t* keys, const uint32_t (&q)[D / 16][4], int g, int t, float (&score)[2][4]) {
#pragma unroll
  for (int u = 0; u < 2; u++) {
    const half_t* key = keys + (4 * (g / 2) + g % 2 + 2 * u) * a.headSize;
#pragma unroll
    for (int c = 0; c < D / 32; c++) {
      Quad32 k = {0, 0, 0, 0};
      if (32 * c + 8 * t < a.headSize) k = *reinterpret_cast<const Quad32*>(key + 32 * c + 8 * t);
      multiplyTile(score[u], q[2 * c], k.x, k.y);
      multiplyTile(score[u], q[2 * c + 1], k.z, k.w);
    }
  }
}

// Scores to probabilities relative to the greatest so far; what was gathered before is scaled down in step.
template <int D>
DEVICE void weigh(const AttentionArgs& a, const QueryRows& rows, int firstToken, int g, int t, float (&score)[2][4], Running<D>& state) {
#pragma unroll
  for (int half = 0; half < 2; half++) {
    const int position = rows.position + (rows.first + g + 8 * half) / rows.group;
    float greatest = kNone;
#pragma unroll
    for (int i = 0; i < 4; i++) {
      float& s = score[i / 2][2 * half + i % 2];
      const int token = firstToken + 4 * t + i;
      if (a.softcap != 0) s = a.softcap * tanhf(s / a.softcap);
      if (token > position || (a.window != 0 && position - token >= a.window)) s = kNone;
      greatest = fmaxf(greatest, s);
    }
    greatest = fmaxf(greatest, shuffleXor(greatest, 1));
    greatest = fmaxf(greatest, shuffleXor(greatest, 2));
    greatest = fmaxf(greatest, state.greatest[half]);
    const float base = greatest == kNone ? 0 : greatest;
    const float shrink = fastExp(state.greatest[half] - base);
    float total = 0;
#pragma unroll
    for (int i = 0; i < 4; i++) {
      float& s = score[i / 2][2 * half + i % 2];
      s = fastExp(s - base);
      total += s;
    }
    state.greatest[half] = greatest;
    state.total[half] = state.total[half] * shrink + total;
#pragma unroll
    for (int n = 0; n < D / 8; n++) {
      state.out[n][2 * half] *= shrink;
      state.out[n][2 * half + 1] *= shrink;
    }
  }
}

// Adds the values of 16 tokens by their probabilities. Past `last` there may be anything in the cache, so that is not read as numbers.
template <int D>
DEVICE void gather(const AttentionArgs& a, const half_t* values, int tokensLeft, int g, int t, const float (&score)[2][4], Running<D>& state) {
  const uint32_t p[4] = {halves(score[0][0], score[0][1]), halves(score[0][2], score[0][3]), halves(score[1][0], score[1][1]),
                         halves(score[1][2], score[1][3])};
  uint32_t low = 0xFFFFFFFF, high = 0xFFFFFFFF;
  if (tokensLeft < kBlockTokens) {
    low = (4 * t < tokensLeft ? 0xFFFF : 0) | (4 * t + 1 < tokensLeft ? 0xFFFF0000 : 0);
    high = (4 * t + 2 < tokensLeft ? 0xFFFF : 0) | (4 * t + 3 < tokensLeft ? 0xFFFF0000 : 0);
  }
#pragma unroll
  for (int n = 0; n < D / 8; n++) {
    if (8 * n >= a.headSize) break;
    const Pair32 v = *reinterpret_cast<const Pair32*>(values + (8 * n + g) * kBlockTokens + 4 * t);
    multiplyTile(state.out[n], p, v.x & low, v.y & high);
  }
}

template <int D>
DEVICE void attend(const AttentionArgs& a, const QueryRows& rows, int keyHead, int firstBlock, int endBlock, Running<D>& state) {
  const int lane = threadIdx.x % kWarp, g = lane / 4, t = lane % 4;
  uint32_t q[D / 16][4];
  loadQueries<D>(a, rows, keyHead, g, t, q);
  for (int half = 0; half < 2; half++) {
    state.greatest[half] = kNone;
    state.total[half] = 0;
  }
#pragma unroll
  for (int n = 0; n < D / 8; n++) state.out[n][0] = state.out[n][1] = state.out[n][2] = state.out[n][3] = 0;
  const int last = rows.position + (rows.entries - 1) / rows.group;
  for (int b = firstBlock; b < endBlock; b++) {
    const uint8_t* layer = layerOf(a.kv, a.blocksPerSlab, a.blocks[rows.firstBlock + b]);
    const half_t* keys = reinterpret_cast<const half_t*>(layer) + static_cast<int64_t>(keyHead) * kBlockTokens * a.headSize;
    const half_t* values = keys + static_cast<int64_t>(a.kvHeads) * kBlockTokens * a.headSize;
    float score[2][4] = {};
    scoreTokens<D>(a, keys, q, g, t, score);
    weigh<D>(a, rows, kBlockTokens * b, g, t, score, state);
    gather<D>(a, values, last + 1 - kBlockTokens * b, g, t, score, state);
  }
  for (int half = 0; half < 2; half++) {
    state.total[half] += shuffleXor(state.total[half], 1);
    state.total[half] += shuffleXor(state.total[half], 2);
  }
}

DEVICE float sinkTotal(const AttentionArgs& a, int head, float& greatest, float& shrink) {
  shrink = 1;
  if (a.sinks == nullptr) return 0;
  const float most = fmaxf(greatest, a.sinks[head]);
  shrink = fastExp(greatest - most);
  greatest = most;
  return fastExp(a.sinks[head] - most);
}

DEVICE int firstBlockOf(const AttentionArgs& a, int position) {
  return a.window == 0 || position < a.window ? 0 : (position - a.window + 1) / kBlockTokens;
}

// Prefill: every warp has 16 query rows of its own and all their keys.
template <int D>
DEVICE void prefill(const AttentionArgs& a) {
  const int32_t* tile = a.tiles + 4 * blockIdx.x;
  const int keyHead = blockIdx.y;
  QueryRows rows;
  rows.group = a.heads / a.kvHeads;
  rows.row = tile[0];
  rows.position = tile[2];
  rows.firstBlock = tile[3];
  rows.entries = tile[1] * rows.group;
  rows.first = threadIdx.x / kWarp * 16;
  if (rows.first >= rows.entries) return;
  const int lastEntry = rows.first + 15 < rows.entries ? rows.first + 15 : rows.entries - 1;
  const int last = rows.position + lastEntry / rows.group;
  Running<D> state;
  attend<D>(a, rows, keyHead, firstBlockOf(a, rows.position + rows.first / rows.group), last / kBlockTokens + 1, state);
  const int lane = threadIdx.x % kWarp, g = lane / 4, t = lane % 4;
  for (int half = 0; half < 2; half++) {
    const int entry = rows.first + g + 8 * half;
    if (entry >= rows.entries) continue;
    const int head = keyHead * rows.group + entry % rows.group;
    float shrink;
    const float sink = sinkTotal(a, head, state.greatest[half], shrink);
    const float factor = shrink / (state.total[half] * shrink + sink);
    half_t* out = a.out + (static_cast<int64_t>(rows.row + entry / rows.group) * a.heads + head) * a.headSize;
#pragma unroll
    for (int n = 0; n < D / 8; n++) {
      if (8 * n >= a.headSize) break;
      *reinterpret_cast<uint32_t*>(out + 8 * n + 2 * t) = halves(state.out[n][2 * half] * factor, state.out[n][2 * half + 1] * factor);
    }
  }
}

// Decode: the four warps of a block, and `splits` blocks, share the keys of 16 query rows of one token.
template <int D>
DEVICE void decode(const AttentionArgs& a) {
  constexpr int stride = D + 2;
  SLINFER_SHARED(float, shared, kAttentionWarps * 16 * stride * 4);
  const int32_t* tile = a.tiles + 4 * blockIdx.x;
  QueryRows rows;
  rows.group = a.heads / a.kvHeads;
  const int groups = (rows.group + 15) / 16;
  const int keyHead = blockIdx.y / groups;
  rows.row = tile[0];
  rows.position = tile[2];
  rows.firstBlock = tile[3];
  rows.entries = rows.group;
  rows.first = blockIdx.y % groups * 16;
  const int warp = threadIdx.x / kWarp, lane = threadIdx.x % kWarp, g = lane / 4, t = lane % 4;
  const int start = firstBlockOf(a, rows.position), blocks = rows.position / kBlockTokens + 1 - start;
  const int parts = a.splits * kAttentionWarps, part = blockIdx.z * kAttentionWarps + warp;
  Running<D> state;
  attend<D>(a, rows, keyHead, start + static_cast<int>(static_cast<int64_t>(blocks) * part / parts),
            start + static_cast<int>(static_cast<int64_t>(blocks) * (part + 1) / parts), state);
  for (int half = 0; half < 2; half++) {
    float* line = shared + (warp * 16 + g + 8 * half) * stride;
#pragma unroll
    for (int n = 0; n < D / 8; n++) {
      line[8 * n + 2 * t] = state.out[n][2 * half];
      line[8 * n + 2 * t + 1] = state.out[n][2 * half + 1];
    }
    if (t == 0) {
      line[D] = state.greatest[half];
      line[D + 1] = state.total[half];
    }
  }
  syncBlock();
  for (int i = threadIdx.x; i < 16 * a.headSize; i += blockDim.x) {
    const int entry = i / a.headSize, dimension = i % a.headSize;
    if (rows.first + entry >= rows.entries) continue;
    float greatest = kNone;
    for (int w = 0; w < kAttentionWarps; w++) greatest = fmaxf(greatest, shared[(w * 16 + entry) * stride + D]);
    float total = 0, sum = 0;
    const float base = greatest == kNone ? 0 : greatest;
    for (int w = 0; w < kAttentionWarps; w++) {
      const float* line = shared + (w * 16 + entry) * stride;
      const float factor = fastExp(line[D] - base);
      total += line[D + 1] * factor;
      sum += line[dimension] * factor;
    }
    const int head = keyHead * rows.group + rows.first + entry;
    if (a.splits == 1) {
      float shrink;
      const float sink = sinkTotal(a, head, greatest, shrink);
      a.out[(static_cast<int64_t>(rows.row) * a.heads + head) * a.headSize + dimension] = floatToHalf(sum * shrink / (total * shrink + sink));
    } else {
      float* line = a.partial + ((static_cast<int64_t>(blockIdx.x) * a.heads + head) * a.splits + blockIdx.z) * (a.headSize + 2);
      line[dimension] = sum;
      if (dimension == 0) {
        line[a.headSize] = greatest;
        line[a.headSize + 1] = total;
      }
    }
  }
}

}  // namespace

#define ATTENTION(D)                                                              \
  SLINFER_KERNEL(attention_prefill_##D, AttentionArgs, 128) { prefill<D>(a); } \
  SLINFER_KERNEL(attention_decode_##D, AttentionArgs, 128) { decode<D>(a); }
ATTENTION(64)
ATTENTION(128)
ATTENTION(256)

// Adds up the splits of a decode: a block a tile and head.
SLINFER_KERNEL(attention_merge, AttentionArgs, 128) {
  const int row = a.tiles[4 * blockIdx.x], head = blockIdx.y;
  const float* lines = a.partial + (static_cast<int64_t>(blockIdx.x) * a.heads + head) * a.splits * (a.headSize + 2);
  float greatest = kNone;
  for (int s = 0; s < a.splits; s++) greatest = fmaxf(greatest, lines[s * (a.headSize + 2) + a.headSize]);
  float total = 0;
  for (int s = 0; s < a.splits; s++) {
    const float* line = lines + s * (a.headSize + 2) + a.headSize;
    total += line[1] * fastExp(line[0] - greatest);
  }
  float most = greatest, shrink;
  const float sink = sinkTotal(a, head, most, shrink);
  for (int i = threadIdx.x; i < a.headSize; i += blockDim.x) {
    float sum = 0;
    for (int s = 0; s < a.splits; s++) {
      const float* line = lines + s * (a.headSize + 2);
      sum += line[i] * fastExp(line[a.headSize] - greatest);
    }
    a.out[(static_cast<int64_t>(row) * a.heads + head) * a.headSize + i] = floatToHalf(sum * shrink / (total * shrink + sink));
  }
}
