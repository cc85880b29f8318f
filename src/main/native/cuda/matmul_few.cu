// out = x times the transpose of weights, for few rows of x (decode). A block has 16 rows of weights; its warps share the row's chunks
// and add up at the end. Each warp streams packed weights into shared memory by asynchronous 16-byte copies, three stages deep, unpacks
// them to float16 in registers and multiplies on tensor cores, 8 x kTiles rows of x at once; sums in float32.
// Weights are read once for each 8 x kTiles rows of x. A row may start at any byte; up to 16 bytes before and one stage after it are read.
#include "args.h"
#include "formats.cuh"

constexpr int kStages = 3;
constexpr int kWarps = 8;
constexpr int kRows = 16;

template <class F>
struct Stage {
  static constexpr int kBytes = (F::kStageChunks / F::kChunksPerBlock) * F::kBlockBytes;
  // Sixteen-byte units of a row, wherever it starts.
  static constexpr int kUnits = (kBytes + 15) / 16 + 1;
};

template <class F>
DEVICE void copyStage(uint8_t* to, const uint8_t* weights, int64_t rowBytes, int rowsLeft, int lane) {
  constexpr int units = Stage<F>::kUnits;
  for (int i = lane; i < kRows * units; i += kWarp) {
    const int row = i / units, unit = i % units;
    const uintptr_t from = reinterpret_cast<uintptr_t>(weights + (row < rowsLeft ? row : 0) * rowBytes) & ~uintptr_t{15};
    copyAsync16(to + 16 * i, reinterpret_cast<const void*>(from + 16 * unit));
  }
}

template <class F>
DEVICE void loadInputs(const uint16_t* x, int t, bool there, uint32_t (&b)[4]) {
  if (!there) {
    b[0] = b[1] = b[2] = b[3] = 0;
  } else if constexpr (F::kSplit) {
    const Pair32 low = *reinterpret_cast<const Pair32*>(x + 4 * t), high = *reinterpret_cast<const Pair32*>(x + 16 + 4 * t);
    b[0] = low.x, b[1] = low.y, b[2] = high.x, b[3] = high.y;
  } else {
    const Quad32 all = *reinterpret_cast<const Quad32*>(x + 8 * t);
    b[0] = all.x, b[1] = all.y, b[2] = all.z, b[3] = all.w;
  }
}

// What one warp adds up over its stages.
template <class F, int kTiles>
DEVICE void warpProduct(const MatmulArgs& a, const uint8_t* weights, int rowsLeft, uint8_t* stages, const int (&inputRow)[kTiles],
                        float (&sums)[kTiles][4]) {
  const int warp = threadIdx.x / kWarp, lane = threadIdx.x % kWarp, g = lane / 4, t = lane % 4;
  const int chunks = a.columns / 32;
  const int64_t rowBytes = chunkOffset<F>(chunks);
  const int stageCount = (chunks + F::kStageChunks - 1) / F::kStageChunks;
  constexpr int slot = kRows * Stage<F>::kUnits * 16;
  for (int i = 0; i < kStages - 1; i++) {
    const int stage = warp + i * kWarps;
    if (stage < stageCount) copyStage<F>(stages + i * slot, weights + static_cast<int64_t>(stage) * Stage<F>::kBytes, rowBytes, rowsLeft, lane);
    commitCopies();
  }
  int at = 0;
  for (int stage = warp; stage < stageCount; stage += kWarps, at++) {
    awaitCopies<kStages - 2>();
    syncWarp();
    const int next = stage + (kStages - 1) * kWarps;
    if (next < stageCount) {
      copyStage<F>(stages + (at + kStages - 1) % kStages * slot, weights + static_cast<int64_t>(next) * Stage<F>::kBytes, rowBytes, rowsLeft, lane);
    }
    commitCopies();
    const uint8_t* from = weights + static_cast<int64_t>(stage) * Stage<F>::kBytes;
    const uint8_t* packed[2];
    for (int half = 0; half < 2; half++) {
      const int row = g + 8 * half;
      const uintptr_t start = reinterpret_cast<uintptr_t>(from + (row < rowsLeft ? row : 0) * rowBytes);
      packed[half] = stages + at % kStages * slot + row * Stage<F>::kUnits * 16 + (start & 15);
    }
    const int first = stage * F::kStageChunks;
    const int count = chunks - first < F::kStageChunks ? chunks - first : F::kStageChunks;
#pragma unroll 2
    for (int j = 0; j < count; j++) {
      uint32_t top[4], bottom[4];
      decodeHalves<F>(packed[0] + chunkOffset<F>(j), j % F::kChunksPerBlock, t, top);
      decodeHalves<F>(packed[1] + chunkOffset<F>(j), j % F::kChunksPerBlock, t, bottom);
      const uint32_t early[4] = {top[0], bottom[0], top[1], bottom[1]};
      const uint32_t late[4] = {top[2], bottom[2], top[3], bottom[3]};
#pragma unroll
      for (int n = 0; n < kTiles; n++) {
        uint32_t b[4];
        loadInputs<F>(a.x + static_cast<int64_t>(inputRow[n] < 0 ? 0 : inputRow[n]) * a.columns + 32 * (first + j), t, inputRow[n] >= 0, b);
        multiplyTile(sums[n], early, b[0], b[1]);
        multiplyTile(sums[n], late, b[2], b[3]);
      }
    }
    syncWarp();
  }
  awaitCopies<0>();
}

template <class F, int kTiles>
DEVICE void few(const MatmulArgs& a) {
  constexpr int columns = 8 * kTiles;
  SLINFER_SHARED(uint8_t, shared, kWarps * kStages * kRows * Stage<F>::kUnits * 16);
  int tile = blockIdx.x, m = 0;
  while (m + 1 < a.matrices && tile >= (a.rows[m] + kRows - 1) / kRows) tile -= (a.rows[m++] + kRows - 1) / kRows;
  const int expert = blockIdx.y;
  const int firstSlot = a.expertFirst == nullptr ? 0 : a.expertFirst[expert];
  const int count = a.expertFirst == nullptr ? a.count : a.expertFirst[expert + 1] - firstSlot;
  const int64_t rowBytes = chunkOffset<F>(a.columns / 32);
  const uint8_t* weights = a.weights[m] + expert * a.expertBytes[m] + kRows * tile * rowBytes;
  const float* bias = a.bias[m] == nullptr ? nullptr : a.bias[m] + static_cast<int64_t>(expert) * a.rows[m];
  const int rowsLeft = a.rows[m] - kRows * tile;
  const int warp = threadIdx.x / kWarp, g = threadIdx.x % kWarp / 4, t = threadIdx.x % 4;
  for (int first = 0; first < count; first += columns) {
    int inputRow[kTiles];
    for (int n = 0; n < kTiles; n++) {
      const int column = first + 8 * n + g;
      inputRow[n] = column >= count ? -1 : a.xIndex == nullptr ? firstSlot + column : a.xIndex[firstSlot + column];
    }
    float sums[kTiles][4] = {};
    syncBlock();
    warpProduct<F, kTiles>(a, weights, rowsLeft, shared + warp * kStages * kRows * Stage<F>::kUnits * 16, inputRow, sums);
    syncBlock();
    float* partial = reinterpret_cast<float*>(shared);
    for (int n = 0; n < kTiles; n++) {
      for (int i = 0; i < 4; i++) partial[(warp * columns + 8 * n + 2 * t + i % 2) * kRows + g + 8 * (i / 2)] = sums[n][i];
    }
    syncBlock();
    for (int i = threadIdx.x; i < columns * kRows; i += blockDim.x) {
      const int row = i % kRows, column = first + i / kRows;
      if (row >= rowsLeft || column >= count) continue;
      float sum = 0;
      for (int w = 0; w < kWarps; w++) sum += partial[w * columns * kRows + i];
      const int slot = firstSlot + column;
      sum *= a.xScale[a.xIndex == nullptr ? slot : a.xIndex[slot]];
      if (bias != nullptr) sum += bias[kRows * tile + row];
      float* out = a.out[m] + static_cast<int64_t>(slot) * a.rows[m] + kRows * tile + row;
      *out = a.streamFactor == 0 ? sum : *out + a.streamFactor * sum;
    }
  }
}

#define FEW(F)                                                    \
  SLINFER_KERNEL(matmul_8_##F, MatmulArgs, 256) { few<F, 1>(a); } \
  SLINFER_KERNEL(matmul_32_##F, MatmulArgs, 256) { few<F, 4>(a); }
SLINFER_EACH_FORMAT(FEW)
