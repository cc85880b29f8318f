// Products with BF16 weights by the BF16 instructions of AVX-512: activations are rounded to bfloat16 too,
// products of pairs are summed in float32. Rounding moves an activation by up to
// 4e-3 of itself; the rate is twice that of float32 (117 and 235 GFLOPS a thread on Zen 4).
//
// Every number of rows of x meets rounded activations, so a token does not depend on how many others are
// computed with it by more than the order of sums.
#include "isa.h"

#if SLINFER_X86

#include <algorithm>
#include <cstring>

#include "matmul_job.h"
#include "matmul_types.h"
#include "simd.h"
#include "tiles.h"

SLINFER_TARGET_BEGIN(SLINFER_AVX512_BF16_TARGET)
namespace slinfer {
namespace avx512bf16 {

using avx512::F32;
using avx512::kLanes;
using avx512::splat;

constexpr int kPairs = kBrainVector / 2;

SLINFER_INLINE __m512i loadPairs(const uint16_t* p) { return _mm512_loadu_si512(p); }

// The first `count` numbers, then zeros.
SLINFER_INLINE __m512i loadFirstPairs(const uint16_t* p, int count) {
  const __mmask32 mask = count >= kBrainVector ? ~0u : (1u << std::max(count, 0)) - 1;
  return _mm512_maskz_loadu_epi16(mask, p);
}

// Adds the two products of each lane's pairs.
SLINFER_INLINE F32 dotPairs(F32 sum, __m512i a, __m512i b) {
  return _mm512_dpbf16_ps(sum, (__m512bh)a, (__m512bh)b);
}

// ---- Activations ----

void roundItems(void* context, int64_t first, int64_t last, int) {
  const MatmulJob& job = *static_cast<MatmulJob*>(context);
  const int64_t stride = brainColumns(job.columns);
  for (int64_t row = first; row < last; row++) {
    const float* x = job.x + row * job.columns;
    uint16_t* out = job.brain + row * stride;
    for (int c = 0; c < job.columns; c += kLanes) {
      const int left = job.columns - c;
      const __mmask16 mask = left >= kLanes ? 0xFFFF : (1u << left) - 1;
      const __m256bh rounded = _mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(mask, x + c));
      _mm256_storeu_si256((__m256i*)(out + c), (__m256i)rounded);
    }
    for (int64_t c = (job.columns + kLanes - 1) / kLanes * kLanes; c < stride; c++) out[c] = 0;
  }
}

// ---- Few rows: streams weight rows ----

constexpr int kStreamRows = 8;
constexpr int kStreamWeightRows = 4;
constexpr int kStreamTile = 4;

// kWeights weight rows from `row` on times kRows rows of x from `x` on; the results go to out[t x stride + w].
template <int kWeights, int kRows>
SLINFER_INLINE void multiplyRows(const MatmulJob& job, const uint16_t* row, const uint16_t* x,
                                 float* out, int64_t stride) {
  const int64_t xStride = brainColumns(job.columns);
  F32 sums[kWeights][kRows];
  for (int w = 0; w < kWeights; w++) {
    for (int t = 0; t < kRows; t++) sums[w][t] = splat(0);
  }
  const int whole = job.columns / kBrainVector * kBrainVector;
  for (int c = 0; c < job.columns; c += kBrainVector) {
    __m512i weights[kWeights];
#pragma GCC unroll 4
    for (int w = 0; w < kWeights; w++) {
      const uint16_t* from = row + static_cast<int64_t>(w) * job.columns + c;
      weights[w] = c < whole ? loadPairs(from) : loadFirstPairs(from, job.columns - c);
    }
#pragma GCC unroll 4
    for (int t = 0; t < kRows; t++) {
      const __m512i pairs = loadPairs(x + t * xStride + c);
#pragma GCC unroll 4
      for (int w = 0; w < kWeights; w++) sums[w][t] = dotPairs(sums[w][t], weights[w], pairs);
    }
  }
  for (int t = 0; t < kRows; t++) {
    for (int w = 0; w < kWeights; w++) out[t * stride + w] = avx512::sum(sums[w][t]);
  }
}

template <int kWeights, int kRows>
void multiplyRowsOf(int rows, const MatmulJob& job, const uint16_t* row, const uint16_t* x,
                    float* out, int64_t stride) {
  if constexpr (kRows > 1) {
    if (rows < kRows) {
      return multiplyRowsOf<kWeights, kRows - 1>(rows, job, row, x, out, stride);
    }
  }
  multiplyRows<kWeights, kRows>(job, row, x, out, stride);
}

void stream(const MatmulJob& job, const slinfer_weights& weights, int first, int last) {
  const uint16_t* data = static_cast<const uint16_t*>(weights.data);
  for (int r = first; r < last;) {
    const bool block = last - r >= kStreamWeightRows;
    const uint16_t* row = data + static_cast<int64_t>(r) * job.columns;
    for (int t = 0; t < job.rows; t += kStreamTile) {
      const uint16_t* x = job.brain + t * brainColumns(job.columns);
      float* out = weights.out + static_cast<int64_t>(t) * weights.rows + r;
      const int rows = std::min(kStreamTile, job.rows - t);
      if (block) {
        multiplyRowsOf<kStreamWeightRows, kStreamTile>(rows, job, row, x, out, weights.rows);
      } else {
        multiplyRowsOf<1, kStreamTile>(rows, job, row, x, out, weights.rows);
      }
    }
    r += block ? kStreamWeightRows : 1;
  }
}

// ---- Many rows: panels and tiles ----

constexpr int kRowVectors = 2;
constexpr int kTileRows = 12;
constexpr int kPanelRows = kRowVectors * kLanes;
constexpr int kPanelPairs = 128;  // 256 columns of 32 rows are 16 KiB: half of L1

// Pairs of neighbouring columns, a lane a weight row.
struct alignas(64) Panel {
  uint32_t w[kPanelPairs][kPanelRows];
};

void fillPanel(const uint16_t* source, int64_t stride, int rows, int columns, Panel& panel) {
  alignas(64) uint32_t w[kLanes][kPairs];
  for (int column = 0; column < columns; column += kBrainVector) {
    for (int vector = 0; vector < kRowVectors; vector++) {
      for (int lane = 0; lane < kLanes; lane++) {
        const int row = vector * kLanes + lane;
        const int count = row < rows ? columns - column : 0;
        const uint16_t* from = count > 0 ? source + row * stride + column : source;
        _mm512_store_si512(w[lane], loadFirstPairs(from, count));
      }
      avx512::transpose(&w[0][0], kPairs, &panel.w[column / 2][vector * kLanes], kPanelRows);
    }
  }
}

// Where a tile's results go: `rows` of kPanelRows columns are real; `add`: to what is there.
struct TileOutput {
  float* out;
  int64_t stride;
  int rows;
  bool add;
};

SLINFER_INLINE __mmask16 laneMask(int count) {
  return count >= kLanes ? 0xFFFF : (1u << std::max(count, 0)) - 1;
}

// kRows rows of x times `pairs` pairs of columns of the panel.
template <int kRows>
void multiplyTile(int rows, const Panel& panel, int pairs, const uint16_t* x, int64_t xStride,
                  const TileOutput& to) {
  if constexpr (kRows > 1) {
    if (rows < kRows) return multiplyTile<kRows - 1>(rows, panel, pairs, x, xStride, to);
  }
  F32 sums[kRowVectors][kRows];
  for (int t = 0; t < kRows; t++) {
    for (int v = 0; v < kRowVectors; v++) {
      const __mmask16 mask = to.add ? laneMask(to.rows - v * kLanes) : 0;
      sums[v][t] = _mm512_maskz_loadu_ps(mask, to.out + t * to.stride + v * kLanes);
    }
  }
  for (int p = 0; p < pairs; p++) {
    __m512i w[kRowVectors];
#pragma GCC unroll 2
    for (int v = 0; v < kRowVectors; v++) w[v] = _mm512_load_si512(&panel.w[p][v * kLanes]);
#pragma GCC unroll 12
    for (int t = 0; t < kRows; t++) {
      const __m512i pair = avx512::splatFourBytes(x + t * xStride + 2 * p);
#pragma GCC unroll 2
      for (int v = 0; v < kRowVectors; v++) sums[v][t] = dotPairs(sums[v][t], w[v], pair);
    }
  }
  for (int t = 0; t < kRows; t++) {
    for (int v = 0; v < kRowVectors; v++) {
      const __mmask16 mask = laneMask(to.rows - v * kLanes);
      _mm512_mask_storeu_ps(to.out + t * to.stride + v * kLanes, mask, sums[v][t]);
    }
  }
}

void multiplyPanel(const MatmulJob& job, const slinfer_weights& weights, int firstRow,
                   void* scratch) {
  Panel& panel = *static_cast<Panel*>(scratch);
  const uint16_t* source =
      static_cast<const uint16_t*>(weights.data) + static_cast<int64_t>(firstRow) * job.columns;
  const int rows = std::min(kPanelRows, weights.rows - firstRow);
  const int64_t xStride = brainColumns(job.columns);
  for (int column = 0; column < job.columns; column += 2 * kPanelPairs) {
    const int columns = std::min(2 * kPanelPairs, job.columns - column);
    fillPanel(source + column, job.columns, rows, columns, panel);
    for (int t = 0; t < job.rows; t += kTileRows) {
      const TileOutput to = {weights.out + static_cast<int64_t>(t) * weights.rows + firstRow,
                             weights.rows, rows, column > 0};
      multiplyTile<kTileRows>(std::min(kTileRows, job.rows - t), panel, (columns + 1) / 2,
                              job.brain + t * xStride + column, xStride, to);
    }
  }
}

// ---- Many rows, on tile registers (see tiles.h) ----

static_assert(kPanelRows == 2 * kTileRowBytes / 4, "two tiles of weights are a panel's rows");

// `rows` rows of x (1 to kMostTileRows) times `columns` columns of the panel, zeros up to whole vectors.
template <class Tiles>
void multiplyOnTiles(const Panel& panel, int columns, const uint16_t* x, int64_t xStride, int rows,
                     const TileOutput& to) {
  alignas(64) float sums[kMostTileRows][kPanelRows];
  clearSums<Tiles>();
  for (int column = 0; column < columns; column += kBrainVector) {
    loadFactors<Tiles>(x + column, xStride * sizeof(uint16_t), panel.w[column / 2]);
    Tiles::template addBrain<kLeftSums, kActivationTile, kLeftWeights>();
    Tiles::template addBrain<kRightSums, kActivationTile, kRightWeights>();
  }
  storeSums<Tiles>(sums);
  for (int t = 0; t < rows; t++) {
    for (int v = 0; v < kRowVectors; v++) {
      const __mmask16 mask = laneMask(to.rows - v * kLanes);
      float* out = to.out + t * to.stride + v * kLanes;
      const F32 before = _mm512_maskz_loadu_ps(to.add ? mask : 0, out);
      _mm512_mask_storeu_ps(out, mask, before + avx512::load(&sums[t][v * kLanes]));
    }
  }
}

template <class Tiles>
void multiplyPanelOnTiles(const MatmulJob& job, const slinfer_weights& weights, int firstRow,
                          void* scratch) {
  Panel& panel = *static_cast<Panel*>(scratch);
  const uint16_t* source =
      static_cast<const uint16_t*>(weights.data) + static_cast<int64_t>(firstRow) * job.columns;
  const int panelRows = std::min(kPanelRows, weights.rows - firstRow);
  const int64_t xStride = brainColumns(job.columns);
  for (int column = 0; column < job.columns; column += 2 * kPanelPairs) {
    const int columns = std::min(2 * kPanelPairs, job.columns - column);
    fillPanel(source + column, job.columns, panelRows, columns, panel);
    int configured = 0;
    for (int t = 0; t < job.rows; t += kMostTileRows) {
      const int rows = std::min(kMostTileRows, job.rows - t);
      if (rows != configured) Tiles::configure(tileShapes(rows, kTileRowBytes));
      configured = rows;
      const TileOutput to = {weights.out + static_cast<int64_t>(t) * weights.rows + firstRow,
                             weights.rows, panelRows, column > 0};
      multiplyOnTiles<Tiles>(panel, columns, job.brain + t * xStride + column, xStride, rows, to);
    }
  }
  Tiles::release();
}

// ---- Rows of a table ----

void embed(const uint8_t* row, int columns, float scale, float* out) {
  for (int column = 0; column < columns; column++) {
    uint16_t weight;
    std::memcpy(&weight, row + 2 * static_cast<int64_t>(column), 2);
    out[column] = brainToFloat(weight) * scale;
  }
}

extern const WeightKernels kBF16 = {
    30,         1,      2,
    Activations::kBrain, kStreamRows, kPanelRows, sizeof(Panel), stream,
    {multiplyPanel, multiplyPanelOnTiles<AmxTiles>, multiplyPanelOnTiles<EmulatedTiles>},
    embed};

}  // namespace avx512bf16
}  // namespace slinfer
SLINFER_TARGET_END

#endif  // SLINFER_X86
