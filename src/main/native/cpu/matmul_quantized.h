// Products with quantised weights, for any format of decode.h, in the namespace of SLINFER_ISA. Included
// once a pass (see each_isa.h), between SLINFER_ISA_BEGIN and SLINFER_ISA_END, after the formats.
//
// Weights meet activations quantised to 8 bits (one scale for 32 numbers); products of bytes are summed
// in int32 within a group and in float32 across groups.

#include "matmul_tiles.h"

constexpr int kPanelChunks = 2;  // 512 columns of 32 rows are 16 KiB of bytes: half of L1

// Weight rows of one panel, decoded: chunk c, four columns at a time, a lane a row.
struct alignas(64) Panel {
  uint8_t q[kPanelChunks][64][4 * kPanelRows];
  float scale[kPanelChunks][16][kPanelRows];
  float minimum[kPanelChunks][16][kPanelRows];
};

template <class Format>
constexpr int kZeroOf = Format::kWide ? kWideZero : Format::kZero;

// ---- Few rows: streams weight rows ----

template <class Format, int kRows>
void streamQuantized(const MatmulJob& job, const slinfer_weights& weights, int first, int last) {
  const int64_t rowBytes = static_cast<int64_t>(job.columns / Format::kBlock) * Format::kBlockBytes;
  const uint8_t* row = static_cast<const uint8_t*>(weights.data) + first * rowBytes;
  for (int r = first; r < last; r++, row += rowBytes) {
    F32 products[kRows][2];
    F32 offsets[kRows];
    for (int t = 0; t < kRows; t++) products[t][0] = products[t][1] = offsets[t] = splat(0);
    for (int c = 0; c < job.chunks; c++) {
      Chunk chunk;
      decodeChunk<Format>(row, c, job.columns, chunk);
#pragma GCC unroll 4
      for (int t = 0; t < kRows; t++) {
        const ActivationChunk& x = job.quantized[t * job.chunks + c];
        F32 scale[Chunk::kScaleVectors];
#pragma GCC unroll 4
        for (int v = 0; v < Chunk::kScaleVectors; v++) {
          scale[v] = chunk.scale[v] * load(x.scale + kLanes * v);
          const F32 factor = Format::kHasMinimum ? chunk.minimum[v] : chunk.scale[v];
          if (Format::kHasMinimum || kZeroOf<Format> != 0) {
            offsets[t] = fma(factor, load(x.sum16 + kLanes * v), offsets[t]);
          }
        }
#pragma GCC unroll 16
        for (int v = 0; v < Chunk::kVectors; v++) {
          const I32 dots =
              dotBytes<Format::kWide>(I32{}, chunk.q[v], loadBytes(x.q + 4 * kLanes * v));
          products[t][v & 1] = fma(toFloat(dots), spreadScales(scale, v), products[t][v & 1]);
        }
      }
    }
    constexpr float kOffset = Format::kHasMinimum ? 1.0f : -static_cast<float>(kZeroOf<Format>);
    for (int t = 0; t < kRows; t++) {
      const F32 total = fma(offsets[t], splat(kOffset), products[t][0] + products[t][1]);
      weights.out[static_cast<int64_t>(t) * weights.rows + r] = sum(total);
    }
  }
}

template <class Format>
struct QuantizedStream {
  template <int kRows>
  static void run(const MatmulJob& job, const slinfer_weights& weights, int first, int last) {
    streamQuantized<Format, kRows>(job, weights, first, last);
  }
};

// ---- Many rows: panels and tiles ----

// Decodes `rows` weight rows from `source` on, chunks [first, first + count), into the panel.
template <class Format>
void decodePanel(const uint8_t* source, int64_t rowBytes, int rows, int first, int count,
                 int columns, Panel& panel) {
  alignas(64) uint8_t q[kLanes][256];
  alignas(64) float scale[kLanes][16];
  alignas(64) float minimum[kLanes][16];
  for (int c = 0; c < count; c++) {
    for (int vector = 0; vector < kRowVectors; vector++) {
      for (int lane = 0; lane < kLanes; lane++) {
        const int row = vector * kLanes + lane;
        if (row >= rows) {
          std::memset(q[lane], 0, sizeof(q[lane]));
          std::memset(scale[lane], 0, sizeof(scale[lane]));
          std::memset(minimum[lane], 0, sizeof(minimum[lane]));
          continue;
        }
        Chunk chunk;
        const uint8_t* start = source + row * rowBytes;
        decodeChunk<Format>(start, first + c, columns, chunk);
        // The chunk that this row contributes to the panel after next is fetched meanwhile.
        const uint8_t* ahead = start + (first + c + kPanelChunks) * int64_t{kChunkBytes<Format>};
        for (int line = 0; line < kChunkBytes<Format>; line += 64) __builtin_prefetch(ahead + line);
        for (int v = 0; v < Chunk::kVectors; v++) {
          std::memcpy(q[lane] + 4 * kLanes * v, &chunk.q[v], 4 * kLanes);
        }
        for (int v = 0; v < Chunk::kScaleVectors; v++) {
          store(scale[lane] + kLanes * v, chunk.scale[v]);
          if (Format::kHasMinimum) store(minimum[lane] + kLanes * v, chunk.minimum[v]);
        }
      }
      for (int k = 0; k < 64; k += kLanes) {
        transpose((const uint32_t*)&q[0][4 * k], 64,
                  (uint32_t*)&panel.q[c][k][4 * kLanes * vector], kPanelRows);
      }
      for (int group = 0; group < 16; group += kLanes) {
        transpose((const uint32_t*)&scale[0][group], 16,
                  (uint32_t*)&panel.scale[c][group][kLanes * vector], kPanelRows);
        if (Format::kHasMinimum) {
          transpose((const uint32_t*)&minimum[0][group], 16,
                    (uint32_t*)&panel.minimum[c][group][kLanes * vector], kPanelRows);
        }
      }
    }
  }
}

// kRows rows of x (each `stride` chunks after the one before) times `groups` groups of the panel.
template <class Format, int kRows>
void multiplyTile(const Panel& panel, int groups, const ActivationChunk* x, int64_t stride,
                  const TileOutput& to) {
  constexpr int kGroups = 256 / Format::kGroup;
  constexpr int kSteps = Format::kGroup / 4;
  F32 sums[kRowVectors][kRows];
  loadTile<kRows>(to, sums);
  for (int c = 0; c * kGroups < groups; c++) {
    for (int group = 0; group < std::min(kGroups, groups - c * kGroups); group++) {
      I32 dots[kRowVectors][kRows] = {};
#pragma GCC unroll 8
      for (int k = 0; k < kSteps; k++) {
        Bytes w[kRowVectors];
#pragma GCC unroll 2
        for (int v = 0; v < kRowVectors; v++) {
          w[v] = loadBytes(&panel.q[c][group * kSteps + k][4 * kLanes * v]);
        }
#pragma GCC unroll 8
        for (int t = 0; t < kRows; t++) {
          const Bytes four = splatFourBytes(x[t * stride + c].q + group * Format::kGroup + 4 * k);
#pragma GCC unroll 2
          for (int v = 0; v < kRowVectors; v++) {
            dots[v][t] = dotBytes<Format::kWide>(dots[v][t], w[v], four);
          }
        }
      }
      const int group16 = group * (Format::kGroup / 16);
#pragma GCC unroll 8
      for (int t = 0; t < kRows; t++) {
        const ActivationChunk& chunk = x[t * stride + c];
        const F32 xScale = splat(chunk.scale[group16]);
        const float xSum = Format::kGroup == 32 ? chunk.sum32[group] : chunk.sum16[group];
        const F32 offset = splat(Format::kHasMinimum ? xSum : -kZeroOf<Format> * xSum);
#pragma GCC unroll 2
        for (int v = 0; v < kRowVectors; v++) {
          const F32 scale = load(&panel.scale[c][group16][kLanes * v]);
          if (Format::kHasMinimum) {
            const F32 minimum = load(&panel.minimum[c][group16][kLanes * v]);
            sums[v][t] = fma(minimum, offset, sums[v][t]);
            sums[v][t] = fma(toFloat(dots[v][t]) * xScale, scale, sums[v][t]);
          } else {
            sums[v][t] = fma(fma(toFloat(dots[v][t]), xScale, offset), scale, sums[v][t]);
          }
        }
      }
    }
  }
  storeTile<kRows>(to, sums);
}

// Calls multiplyTile for the `rows` (1 to kTileRows) rows that are left.
template <class Format, int kRows>
SLINFER_INLINE void multiplyTileOf(int rows, const Panel& panel, int groups,
                                   const ActivationChunk* x, int64_t stride, const TileOutput& to) {
  if constexpr (kRows > 1) {
    if (rows < kRows) return multiplyTileOf<Format, kRows - 1>(rows, panel, groups, x, stride, to);
  }
  multiplyTile<Format, kRows>(panel, groups, x, stride, to);
}

template <class Format>
void multiplyPanel(const MatmulJob& job, const slinfer_weights& weights, int firstRow,
                   void* scratch) {
  Panel& panel = *static_cast<Panel*>(scratch);
  const int64_t rowBytes = static_cast<int64_t>(job.columns / Format::kBlock) * Format::kBlockBytes;
  const uint8_t* source = static_cast<const uint8_t*>(weights.data) + firstRow * rowBytes;
  const int rows = std::min(kPanelRows, weights.rows - firstRow);
  for (int chunk = 0; chunk < job.chunks; chunk += kPanelChunks) {
    const int chunks = std::min(kPanelChunks, job.chunks - chunk);
    const int groups = std::min(256 * chunks, job.columns - 256 * chunk) / Format::kGroup;
    decodePanel<Format>(source, rowBytes, rows, chunk, chunks, job.columns, panel);
    for (int t = 0; t < job.rows; t += kTileRows) {
      const TileOutput to = {weights.out + static_cast<int64_t>(t) * weights.rows + firstRow,
                             weights.rows, rows, chunk > 0};
      multiplyTileOf<Format, kTileRows>(std::min(kTileRows, job.rows - t), panel, groups,
                                        job.quantized + static_cast<int64_t>(t) * job.chunks + chunk,
                                        job.chunks, to);
    }
  }
}

// ---- Rows of a table ----

template <class Format>
void embedQuantized(const uint8_t* row, int columns, float scale, float* out) {
  for (int column = 0; column < columns; column += Format::kBlock, row += Format::kBlockBytes) {
    uint8_t q[Format::kBlock];
    float scales[Format::kBlock / 16];
    float minima[Format::kBlock / 16] = {};
    Format::decode(row, q, scales, minima);
    for (int i = 0; i < Format::kBlock; i++) {
      float value = scales[i / 16] * static_cast<float>(q[i] - Format::kZero);
      if (Format::kHasMinimum) value += minima[i / 16];
      out[column + i] = value * scale;
    }
  }
}

#if SLINFER_ISA_ID == 3
#include "matmul_quantized_tiles.h"
#define SLINFER_PANELS(Format)                              \
  {                                                         \
    multiplyPanel<Format>, multiplyPanelOnTiles<Format, AmxTiles>, \
        multiplyPanelOnTiles<Format, EmulatedTiles>         \
  }
#else
#define SLINFER_PANELS(Format) {multiplyPanel<Format>}
#endif

template <class Format>
constexpr WeightKernels quantizedType(int32_t type) {
  return {type,
          Format::kBlock,
          Format::kBlockBytes,
          Activations::kInt8,
          kStreamRows,
          kPanelRows,
          sizeof(Panel),
          streamSome<QuantizedStream<Format>, kStreamRows>,
          SLINFER_PANELS(Format),
          embedQuantized<Format>};
}
#undef SLINFER_PANELS
