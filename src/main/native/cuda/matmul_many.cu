// out = x times the transpose of weights, for many rows of x (prefill). A block computes 128 rows of weights by 128 rows of x: it unpacks
// weights to float16 in shared memory, 64 columns at a time, two tiles deep, while tensor cores work on the tile before; rows of x come by
// asynchronous copies. Eight warps of 64 x 32 each; sums in float32. Rows in shared memory are 144 bytes apart: no bank conflicts.
#include "args.h"
#include "formats.cuh"

constexpr int kTileRows = 128;
constexpr int kTileDepth = 64;
constexpr int kStride = kTileDepth + 8;
constexpr int kTileHalves = kTileRows * kStride;
constexpr int kParts = kTileRows * (kTileDepth / 8) / 256;  // eight weights each, for a thread

struct Block {
  const uint8_t* weights;
  int64_t rowBytes;
  int rowsLeft;
  int inputs;  // rows of x that are there, of 128
  int firstSlot;
};

template <class F>
DEVICE void unpack(const MatmulArgs& a, const Block& block, int depth, uint32_t (&parts)[kParts][4]) {
#pragma unroll
  for (int i = 0; i < kParts; i++) {
    const int part = threadIdx.x + 256 * i, row = part / 8, chunk = (depth + part % 8 * 8) / 32;
    if (row < block.rowsLeft && 32 * chunk < a.columns) {
      decodeHalves<F>(block.weights + row * block.rowBytes + chunkOffset<F>(chunk), chunk % F::kChunksPerBlock, part % 4, parts[i]);
    } else {
      parts[i][0] = parts[i][1] = parts[i][2] = parts[i][3] = 0;
    }
  }
}

template <class F>
DEVICE void keep(half_t* tile, const uint32_t (&parts)[kParts][4]) {
#pragma unroll
  for (int i = 0; i < kParts; i++) {
    const int part = threadIdx.x + 256 * i, t = part % 4;
    half_t* row = tile + part / 8 * kStride + part % 8 / 4 * 32;
    if constexpr (F::kSplit) {
      *reinterpret_cast<Pair32*>(row + 4 * t) = {parts[i][0], parts[i][1]};
      *reinterpret_cast<Pair32*>(row + 16 + 4 * t) = {parts[i][2], parts[i][3]};
    } else {
      *reinterpret_cast<Quad32*>(row + 8 * t) = {parts[i][0], parts[i][1], parts[i][2], parts[i][3]};
    }
  }
}

DEVICE int inputRow(const MatmulArgs& a, const Block& block, int column) {
  const int slot = block.firstSlot + (column < block.inputs ? column : 0);
  return a.xIndex == nullptr ? slot : a.xIndex[slot];
}

DEVICE void copyInputs(const MatmulArgs& a, const Block& block, int depth, half_t* tile) {
#pragma unroll
  for (int i = 0; i < kParts; i++) {
    const int part = threadIdx.x + 256 * i, column = part / 8;
    half_t* to = tile + column * kStride + part % 8 * 8;
    if (depth + part % 8 * 8 < a.columns) {
      copyAsync16(to, a.x + static_cast<int64_t>(inputRow(a, block, column)) * a.columns + depth + part % 8 * 8);
    } else {
      *reinterpret_cast<Quad32*>(to) = {0, 0, 0, 0};
    }
  }
}

DEVICE void multiply(const half_t* rows, const half_t* columns, float (&sums)[4][4][4]) {
  const int warp = threadIdx.x / kWarp, lane = threadIdx.x % kWarp;
  const half_t* top = rows + (64 * (warp / 4) + lane % 16) * kStride + lane / 16 * 8;
  const half_t* left = columns + (32 * (warp % 4) + lane / 16 * 8 + lane % 8) * kStride + lane / 8 % 2 * 8;
#pragma unroll
  for (int k = 0; k < kTileDepth; k += 16) {
    uint32_t x[2][4];
    loadTiles(x[0], left + k);
    loadTiles(x[1], left + 16 * kStride + k);
#pragma unroll
    for (int m = 0; m < 4; m++) {
      uint32_t w[4];
      loadTiles(w, top + 16 * m * kStride + k);
#pragma unroll
      for (int n = 0; n < 4; n++) multiplyTile(sums[m][n], w, x[n / 2][n % 2 * 2], x[n / 2][n % 2 * 2 + 1]);
    }
  }
}

template <class F>
DEVICE void many(const MatmulArgs& a) {
  SLINFER_SHARED(half_t, shared, 4 * 2 * kTileHalves);
  int tile = blockIdx.x, m = 0;
  while (m + 1 < a.matrices && tile >= (a.rows[m] + kTileRows - 1) / kTileRows) tile -= (a.rows[m++] + kTileRows - 1) / kTileRows;
  const int expert = blockIdx.z;
  Block block;
  block.firstSlot = a.expertFirst == nullptr ? 0 : a.expertFirst[expert];
  const int count = a.expertFirst == nullptr ? a.count : a.expertFirst[expert + 1] - block.firstSlot;
  block.firstSlot += kTileRows * blockIdx.y;
  block.inputs = count - kTileRows * static_cast<int>(blockIdx.y);
  if (block.inputs <= 0) return;
  block.rowBytes = chunkOffset<F>(a.columns / 32);
  block.weights = a.weights[m] + expert * a.expertBytes[m] + kTileRows * tile * block.rowBytes;
  block.rowsLeft = a.rows[m] - kTileRows * tile;

  float sums[4][4][4] = {};
  uint32_t parts[kParts][4];
  half_t* tiles[2][2] = {{shared, shared + kTileHalves}, {shared + 2 * kTileHalves, shared + 3 * kTileHalves}};
  copyInputs(a, block, 0, tiles[0][1]);
  commitCopies();
  unpack<F>(a, block, 0, parts);
  keep<F>(tiles[0][0], parts);
  int now = 0;
  for (int depth = 0; depth < a.columns; depth += kTileDepth, now ^= 1) {
    awaitCopies<0>();
    syncBlock();
    const bool more = depth + kTileDepth < a.columns;
    if (more) {
      copyInputs(a, block, depth + kTileDepth, tiles[now ^ 1][1]);
      commitCopies();
      unpack<F>(a, block, depth + kTileDepth, parts);
    }
    multiply(tiles[now][0], tiles[now][1], sums);
    if (more) keep<F>(tiles[now ^ 1][0], parts);
  }

  const float* bias = a.bias[m] == nullptr ? nullptr : a.bias[m] + static_cast<int64_t>(expert) * a.rows[m];
  const int warp = threadIdx.x / kWarp, g = threadIdx.x % kWarp / 4, t = threadIdx.x % 4;
#pragma unroll
  for (int n = 0; n < 4; n++) {
#pragma unroll
    for (int side = 0; side < 2; side++) {
      const int column = 32 * (warp % 4) + 8 * n + 2 * t + side;
      if (column >= block.inputs) continue;
      const float scale = a.xScale[inputRow(a, block, column)];
      float* out = a.out[m] + static_cast<int64_t>(block.firstSlot + column) * a.rows[m] + kTileRows * tile;
#pragma unroll
      for (int i = 0; i < 8; i++) {
        const int row = 64 * (warp / 4) + 16 * (i / 2) + g + 8 * (i % 2);
        if (row >= block.rowsLeft) continue;
        float sum = sums[i / 2][n][2 * (i % 2) + side] * scale;
        if (bias != nullptr) sum += bias[kTileRows * tile + row];
        out[row] = a.streamFactor == 0 ? sum : out[row] + a.streamFactor * sum;
      }
    }
  }
}

#define MANY(F) \
  SLINFER_KERNEL(matmul_128_##F, MatmulArgs, 256) { many<F>(a); }
SLINFER_EACH_FORMAT(MANY)
