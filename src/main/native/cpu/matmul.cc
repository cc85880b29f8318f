// Products of activations with weight matrices as they lie in a GGUF file.
//
// Quantised weights meet activations quantised to 8 bits (one scale for 32 numbers); products of bytes
// are summed in int32 within a group and in float32 across groups. Float weights meet float32
// activations, summed in float32.
//
// Few rows of x (kStreamRows at most): each weight row is streamed once from memory, decoded in
// registers and multiplied with every row of x; bytes moved: the weights, once.
// More: panels of kPanelRows weight rows are decoded once into a cache-resident buffer, interleaved so
// that a lane is a weight row, and multiplied with tiles of kTileRows rows of x, sums in registers.
#define SLINFER_KERNEL_FILE "matmul.cc"
#include "each_isa.h"

#include <algorithm>
#include <cstring>

#include "kernels.h"
#include "matmul_job.h"
#include "simd.h"
#include "thread_pool.h"

SLINFER_ISA_BEGIN

#include "decode.h"

// ---- Shapes ----

#if SLINFER_ISA_ID == 3
constexpr int kStreamRows = 4;
// 2 x 6 sums in int32, as many in float32, and operands: 27 to 29 of 32 registers.
constexpr int kRowVectors = 2;
constexpr int kTileRows = 6;
#elif SLINFER_ISA_ID == 2
constexpr int kStreamRows = 2;
constexpr int kRowVectors = 1;
constexpr int kTileRows = 4;
#else
constexpr int kStreamRows = 1;
constexpr int kRowVectors = 1;
constexpr int kTileRows = 2;
#endif
constexpr int kPanelRows = kRowVectors * kLanes;
constexpr int kPanelChunks = 2;         // 512 columns of 32 rows are 16 KiB of bytes: half of L1
constexpr int kFloatPanelColumns = 256;

// Weight rows of one panel, decoded: chunk c, four columns at a time, a lane a row.
struct alignas(64) Panel {
  uint8_t q[kPanelChunks][64][4 * kPanelRows];
  float scale[kPanelChunks][16][kPanelRows];
  float minimum[kPanelChunks][16][kPanelRows];
};

struct alignas(64) FloatPanel {
  float w[kFloatPanelColumns][kPanelRows];
};

template <class Format>
constexpr int kZeroOf = Format::kWide ? kWideZero : Format::kZero;

SLINFER_INLINE F32 loadFirst(const float* p, int count) {
  if (count >= kLanes) return load(p);
  alignas(64) float padded[kLanes] = {};
  if (count > 0) std::memcpy(padded, p, count * sizeof(float));
  return load(padded);
}

SLINFER_INLINE void storeFirst(float* p, F32 v, int count) {
  if (count >= kLanes) {
    store(p, v);
  } else if (count > 0) {
    alignas(64) float padded[kLanes];
    store(padded, v);
    std::memcpy(p, padded, count * sizeof(float));
  }
}

// ---- Activations ----

// Quantises `count` (1 to 256) numbers; the rest of the chunk becomes zeros.
inline void quantizeChunk(const float* x, int count, ActivationChunk& out) {
  alignas(64) float padded[256];
  if (count < 256) {
    std::memset(padded, 0, sizeof(padded));
    std::memcpy(padded, x, count * sizeof(float));
    x = padded;
  }
  for (int block = 0; block < 8; block++) {
    const float* source = x + 32 * block;
    F32 extreme = splat(0);
    for (int i = 0; i < 32; i += kLanes) {
      const F32 v = load(source + i);
      extreme = maximum(extreme, maximum(v, splat(0) - v));
    }
    const float absolute = largest(extreme);
    const float scale = absolute / 127;
    const F32 inverse = splat(absolute > 0 ? 127 / absolute : 0);
    int32_t sums[2];
    for (int half = 0; half < 2; half++) {
      I32 sum = {};
      for (int i = 0; i < 16; i += kLanes) {
        const I32 rounded = roundToInt(load(source + 16 * half + i) * inverse);
        storeInt8(out.q + 32 * block + 16 * half + i, rounded);
        sum += rounded;
      }
      sums[half] = 0;
      for (int lane = 0; lane < kLanes; lane++) sums[half] += sum[lane];
    }
    out.scale[2 * block] = out.scale[2 * block + 1] = scale;
    out.sum16[2 * block] = scale * static_cast<float>(sums[0]);
    out.sum16[2 * block + 1] = scale * static_cast<float>(sums[1]);
    out.sum32[block] = scale * static_cast<float>(sums[0] + sums[1]);
  }
}

void quantizeItems(void* context, int64_t first, int64_t last, int) {
  const MatmulJob& job = *static_cast<MatmulJob*>(context);
  for (int64_t item = first; item < last; item++) {
    const int64_t row = item / job.chunks;
    const int chunk = static_cast<int>(item % job.chunks);
    quantizeChunk(job.x + row * job.columns + 256 * chunk, std::min(256, job.columns - 256 * chunk),
                  job.quantized[item]);
  }
}

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

// Where a tile's results go: `rows` of kPanelRows columns are real; `add`: to what is there.
struct TileOutput {
  float* out;
  int64_t stride;
  int rows;
  bool add;
};

template <int kRows>
SLINFER_INLINE void loadTile(const TileOutput& to, F32 (&sums)[kRowVectors][kRows]) {
  for (int t = 0; t < kRows; t++) {
    for (int v = 0; v < kRowVectors; v++) {
      sums[v][t] = to.add ? loadFirst(to.out + t * to.stride + v * kLanes, to.rows - v * kLanes)
                          : splat(0);
    }
  }
}

template <int kRows>
SLINFER_INLINE void storeTile(const TileOutput& to, const F32 (&sums)[kRowVectors][kRows]) {
  for (int t = 0; t < kRows; t++) {
    for (int v = 0; v < kRowVectors; v++) {
      storeFirst(to.out + t * to.stride + v * kLanes, sums[v][t], to.rows - v * kLanes);
    }
  }
}

// kRows rows of x (each `stride` chunks after the one before) times `chunks` chunks of the panel.
template <class Format, int kRows>
void multiplyTile(const Panel& panel, int chunks, const ActivationChunk* x, int64_t stride,
                  const TileOutput& to) {
  constexpr int kGroups = 256 / Format::kGroup;
  constexpr int kSteps = Format::kGroup / 4;
  F32 sums[kRowVectors][kRows];
  loadTile<kRows>(to, sums);
  for (int c = 0; c < chunks; c++) {
    for (int group = 0; group < kGroups; group++) {
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
SLINFER_INLINE void multiplyTileOf(int rows, const Panel& panel, int chunks,
                                   const ActivationChunk* x, int64_t stride, const TileOutput& to) {
  if constexpr (kRows > 1) {
    if (rows < kRows) return multiplyTileOf<Format, kRows - 1>(rows, panel, chunks, x, stride, to);
  }
  multiplyTile<Format, kRows>(panel, chunks, x, stride, to);
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
    decodePanel<Format>(source, rowBytes, rows, chunk, chunks, job.columns, panel);
    for (int t = 0; t < job.rows; t += kTileRows) {
      const TileOutput to = {weights.out + static_cast<int64_t>(t) * weights.rows + firstRow,
                             weights.rows, rows, chunk > 0};
      multiplyTileOf<Format, kTileRows>(std::min(kTileRows, job.rows - t), panel, chunks,
                                        job.quantized + static_cast<int64_t>(t) * job.chunks + chunk,
                                        job.chunks, to);
    }
  }
}

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

template <class Format>
void embedFloat(const uint8_t* row, int columns, float scale, float* out) {
  for (int column = 0; column < columns; column++) {
    out[column] = Format::loadOne(row + static_cast<int64_t>(column) * Format::kBytes) * scale;
  }
}

// ---- By type ----

template <class Format>
struct QuantizedStream {
  template <int kRows>
  static void run(const MatmulJob& job, const slinfer_weights& weights, int first, int last) {
    streamQuantized<Format, kRows>(job, weights, first, last);
  }
};

template <class Format>
struct FloatStream {
  template <int kRows>
  static void run(const MatmulJob& job, const slinfer_weights& weights, int first, int last) {
    streamFloat<Format, kRows>(job, weights, first, last);
  }
};

// Streams weight rows [first, last) for the 1 to kRows rows of x that the job has.
template <class Stream, int kRows>
void streamSome(const MatmulJob& job, const slinfer_weights& weights, int first, int last) {
  if constexpr (kRows > 1) {
    if (job.rows < kRows) return streamSome<Stream, kRows - 1>(job, weights, first, last);
  }
  Stream::template run<kRows>(job, weights, first, last);
}

struct TypeKernels {
  int32_t type;
  int block;
  int blockBytes;
  bool quantized;
  void (*stream)(const MatmulJob&, const slinfer_weights&, int, int);
  void (*panel)(const MatmulJob&, const slinfer_weights&, int, void*);
  void (*embed)(const uint8_t*, int, float, float*);
};

template <class Format>
constexpr TypeKernels quantizedType(int32_t code) {
  return {code,
          Format::kBlock,
          Format::kBlockBytes,
          true,
          streamSome<QuantizedStream<Format>, kStreamRows>,
          multiplyPanel<Format>,
          embedQuantized<Format>};
}

template <class Format>
constexpr TypeKernels floatType(int32_t code) {
  return {code,
          1,
          Format::kBytes,
          false,
          streamSome<FloatStream<Format>, kStreamRows>,
          multiplyFloatPanel<Format>,
          embedFloat<Format>};
}

constexpr TypeKernels kTypes[] = {
    floatType<Float32Format>(0),   floatType<Float16Format>(1), floatType<BrainFloat16Format>(30),
    quantizedType<Q4_0>(2),        quantizedType<Q4_1>(3),      quantizedType<Q5_0>(6),
    quantizedType<Q5_1>(7),        quantizedType<Q8_0>(8),      quantizedType<Q2_K>(10),
    quantizedType<Q3_K>(11),       quantizedType<Q4_K>(12),     quantizedType<Q5_K>(13),
    quantizedType<Q6_K>(14),       quantizedType<IQ4_NL>(20),   quantizedType<IQ4_XS>(23),
    quantizedType<MXFP4>(39),
};

const TypeKernels* kernelsOfType(int32_t type) {
  for (const TypeKernels& kernels : kTypes) {
    if (kernels.type == type) return &kernels;
  }
  return nullptr;
}

// ---- The job ----

// Weight rows of one item: a panel, or a stretch of about 32 KiB to stream.
int itemRows(const MatmulJob& job, const TypeKernels& kernels) {
  if (job.rows > kStreamRows) return kPanelRows;
  constexpr int64_t kStreamBytes = 32 << 10;
  const int64_t rowBytes = static_cast<int64_t>(job.columns / kernels.block) * kernels.blockBytes;
  return static_cast<int>(std::max<int64_t>(1, kStreamBytes / rowBytes));
}

void multiplyItems(void* context, int64_t first, int64_t last, int thread) {
  const MatmulJob& job = *static_cast<MatmulJob*>(context);
  int64_t start = 0;
  for (int i = 0; i < job.count && start < last; i++) {
    const slinfer_weights& weights = job.weights[i];
    const TypeKernels& kernels = *kernelsOfType(weights.type);
    const int perItem = itemRows(job, kernels);
    const int64_t items = (weights.rows + perItem - 1) / perItem;
    for (int64_t item = std::max(first, start); item < std::min(last, start + items); item++) {
      const int row = static_cast<int>(item - start) * perItem;
      if (job.rows <= kStreamRows) {
        kernels.stream(job, weights, row, std::min(row + perItem, weights.rows));
      } else {
        kernels.panel(job, weights, row, job.panels + thread * job.panelBytes);
      }
    }
    start += items;
  }
}

int32_t quantizeAll(ThreadPool& pool, MatmulJob& job) {
  const int64_t items = static_cast<int64_t>(job.rows) * job.chunks;
  job.quantized =
      static_cast<ActivationChunk*>(pool.scratch(ThreadPool::kActivations, items * sizeof(ActivationChunk)));
  if (job.quantized == nullptr) return SLINFER_OUT_OF_MEMORY;
  constexpr int64_t kGrain = 32;
  pool.run(quantizeItems, &job, items, kGrain);
  return SLINFER_OK;
}

int32_t matmul(ThreadPool& pool, const float* x, int rows, int columns,
               const slinfer_weights* weights, int count) {
  MatmulJob job = {};
  job.x = x;
  job.rows = rows;
  job.columns = columns;
  job.chunks = (columns + 255) / 256;
  job.weights = weights;
  job.count = count;
  int64_t items = 0;
  bool quantized = false;
  for (int i = 0; i < count; i++) {
    const TypeKernels* kernels = kernelsOfType(weights[i].type);
    if (kernels == nullptr || columns % kernels->block != 0) return SLINFER_INVALID_ARGUMENT;
    const int perItem = itemRows(job, *kernels);
    items += (weights[i].rows + perItem - 1) / perItem;
    quantized |= kernels->quantized;
  }
  if (quantized) {
    const int32_t status = quantizeAll(pool, job);
    if (status != SLINFER_OK) return status;
  }
  if (rows > kStreamRows) {
    job.panelBytes = std::max(sizeof(Panel), sizeof(FloatPanel));
    job.panels = static_cast<uint8_t*>(pool.scratch(ThreadPool::kWorkspaces, pool.threads() * job.panelBytes));
    if (job.panels == nullptr) return SLINFER_OUT_OF_MEMORY;
  }
  pool.run(multiplyItems, &job, items, 1);
  return SLINFER_OK;
}

int32_t embed(const slinfer_weights& table, int columns, const int32_t* tokens, int count,
              float scale, float* out) {
  const TypeKernels* kernels = kernelsOfType(table.type);
  if (kernels == nullptr || columns % kernels->block != 0) return SLINFER_INVALID_ARGUMENT;
  const int64_t rowBytes = static_cast<int64_t>(columns / kernels->block) * kernels->blockBytes;
  for (int t = 0; t < count; t++) {
    if (tokens[t] < 0 || tokens[t] >= table.rows) return SLINFER_INVALID_ARGUMENT;
    kernels->embed(static_cast<const uint8_t*>(table.data) + tokens[t] * rowBytes, columns, scale,
                   out + static_cast<int64_t>(t) * columns);
  }
  return SLINFER_OK;
}

extern const MatmulKernels kMatmul = {matmul, embed};

SLINFER_ISA_END
