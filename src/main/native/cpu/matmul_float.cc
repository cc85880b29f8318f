// Products with F32, F16 and BF16 weights and float32 activations, summed in float32.
#define SLINFER_KERNEL_FILE "matmul_float.cc"
#include "each_isa.h"

#include <algorithm>
#include <cstring>

#include "matmul_job.h"
#include "matmul_types.h"
#include "simd.h"

SLINFER_ISA_BEGIN

#include "matmul_tiles.h"

constexpr int kFloatPanelColumns = 256;

// Weight rows of one panel as float32: a lane a row.
struct alignas(64) FloatPanel {
  float w[kFloatPanelColumns][kPanelRows];
};

struct Float32Format {
  static constexpr int kBytes = 4;
  static SLINFER_INLINE F32 loadVector(const uint8_t* p) { return load((const float*)p); }
  static SLINFER_INLINE float loadOne(const uint8_t* p) {
    float v;
    std::memcpy(&v, p, 4);
    return v;
  }
};

struct Float16Format {
  static constexpr int kBytes = 2;
  static SLINFER_INLINE F32 loadVector(const uint8_t* p) { return loadHalf(p); }
  static SLINFER_INLINE float loadOne(const uint8_t* p) { return loadHalfScalar(p); }
};

struct BrainFloat16Format {
  static constexpr int kBytes = 2;
  static SLINFER_INLINE F32 loadVector(const uint8_t* p) { return loadBrain(p); }
  static SLINFER_INLINE float loadOne(const uint8_t* p) {
    uint16_t v;
    std::memcpy(&v, p, 2);
    return brainToFloat(v);
  }
};

// ---- Few rows: streams weight rows ----

template <class Format, int kRows>
void streamFloat(const MatmulJob& job, const slinfer_weights& weights, int first, int last) {
  constexpr int kSums = 4;
  const int64_t rowBytes = static_cast<int64_t>(job.columns) * Format::kBytes;
  const uint8_t* row = static_cast<const uint8_t*>(weights.data) + first * rowBytes;
  for (int r = first; r < last; r++, row += rowBytes) {
    F32 sums[kRows][kSums];
    for (int t = 0; t < kRows; t++) {
      for (int s = 0; s < kSums; s++) sums[t][s] = splat(0);
    }
    int c = 0;
    for (; c + kSums * kLanes <= job.columns; c += kSums * kLanes) {
#pragma GCC unroll 4
      for (int s = 0; s < kSums; s++) {
        const int column = c + s * kLanes;
        const F32 w = Format::loadVector(row + static_cast<int64_t>(column) * Format::kBytes);
#pragma GCC unroll 4
        for (int t = 0; t < kRows; t++) {
          const float* x = job.x + static_cast<int64_t>(t) * job.columns + column;
          sums[t][s] = fma(w, load(x), sums[t][s]);
        }
      }
    }
    for (int t = 0; t < kRows; t++) {
      float total = sum((sums[t][0] + sums[t][1]) + (sums[t][2] + sums[t][3]));
      for (int column = c; column < job.columns; column++) {
        total += Format::loadOne(row + static_cast<int64_t>(column) * Format::kBytes) *
                 job.x[static_cast<int64_t>(t) * job.columns + column];
      }
      weights.out[static_cast<int64_t>(t) * weights.rows + r] = total;
    }
  }
}

template <class Format>
struct FloatStream {
  template <int kRows>
  static void run(const MatmulJob& job, const slinfer_weights& weights, int first, int last) {
    streamFloat<Format, kRows>(job, weights, first, last);
  }
};

// ---- Many rows: panels and tiles ----

template <class Format>
void decodeFloatPanel(const uint8_t* source, int64_t rowBytes, int rows, int columns,
                      FloatPanel& panel) {
  alignas(64) float w[kLanes][kLanes];
  for (int column = 0; column < columns; column += kLanes) {
    const int width = std::min(kLanes, columns - column);
    for (int vector = 0; vector < kRowVectors; vector++) {
      for (int lane = 0; lane < kLanes; lane++) {
        const int row = vector * kLanes + lane;
        const uint8_t* from = source + row * rowBytes + static_cast<int64_t>(column) * Format::kBytes;
        if (row < rows && width == kLanes) {
          store(w[lane], Format::loadVector(from));
          continue;
        }
        for (int i = 0; i < kLanes; i++) {
          w[lane][i] = row < rows && i < width ? Format::loadOne(from + i * Format::kBytes) : 0.0f;
        }
      }
      transpose((const uint32_t*)&w[0][0], kLanes, (uint32_t*)&panel.w[column][vector * kLanes],
                kPanelRows);
    }
  }
}

template <int kRows>
void multiplyFloatTile(int rows, const FloatPanel& panel, int columns, const float* x,
                       int64_t stride, const TileOutput& to) {
  if constexpr (kRows > 1) {
    if (rows < kRows) return multiplyFloatTile<kRows - 1>(rows, panel, columns, x, stride, to);
  }
  F32 sums[kRowVectors][kRows];
  loadTile<kRows>(to, sums);
  for (int c = 0; c < columns; c++) {
    F32 w[kRowVectors];
#pragma GCC unroll 2
    for (int v = 0; v < kRowVectors; v++) w[v] = load(&panel.w[c][v * kLanes]);
#pragma GCC unroll 8
    for (int t = 0; t < kRows; t++) {
      const F32 one = splat(x[t * stride + c]);
#pragma GCC unroll 2
      for (int v = 0; v < kRowVectors; v++) sums[v][t] = fma(w[v], one, sums[v][t]);
    }
  }
  storeTile<kRows>(to, sums);
}

template <class Format>
void multiplyFloatPanel(const MatmulJob& job, const slinfer_weights& weights, int firstRow,
                        void* scratch) {
  FloatPanel& panel = *static_cast<FloatPanel*>(scratch);
  const int64_t rowBytes = static_cast<int64_t>(job.columns) * Format::kBytes;
  const uint8_t* source = static_cast<const uint8_t*>(weights.data) + firstRow * rowBytes;
  const int rows = std::min(kPanelRows, weights.rows - firstRow);
  for (int column = 0; column < job.columns; column += kFloatPanelColumns) {
    const int columns = std::min(kFloatPanelColumns, job.columns - column);
    decodeFloatPanel<Format>(source + static_cast<int64_t>(column) * Format::kBytes, rowBytes, rows,
                             columns, panel);
    for (int t = 0; t < job.rows; t += kTileRows) {
      const TileOutput to = {weights.out + static_cast<int64_t>(t) * weights.rows + firstRow,
                             weights.rows, rows, column > 0};
      multiplyFloatTile<kTileRows>(std::min(kTileRows, job.rows - t), panel, columns,
                                   job.x + static_cast<int64_t>(t) * job.columns + column,
                                   job.columns, to);
    }
  }
}

// ---- Rows of a table ----

template <class Format>
void embedFloat(const uint8_t* row, int columns, float scale, float* out) {
  for (int column = 0; column < columns; column++) {
    out[column] = Format::loadOne(row + static_cast<int64_t>(column) * Format::kBytes) * scale;
  }
}

template <class Format>
constexpr WeightKernels floatType(int32_t type) {
  return {type,
          1,
          Format::kBytes,
          Activations::kFloat32,
          kStreamRows,
          kPanelRows,
          sizeof(FloatPanel),
          streamSome<FloatStream<Format>, kStreamRows>,
          {multiplyFloatPanel<Format>},
          embedFloat<Format>};
}

extern const WeightKernels kF32 = floatType<Float32Format>(0);
extern const WeightKernels kF16 = floatType<Float16Format>(1);
extern const WeightKernels kBF16 = floatType<BrainFloat16Format>(30);

SLINFER_ISA_END
