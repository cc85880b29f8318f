// The kernels of one type of weights, and those of one instruction set.
#ifndef SLINFER_MATMUL_TYPES_H
#define SLINFER_MATMUL_TYPES_H

#include <cstddef>
#include <cstdint>

#include "matmul_job.h"

namespace slinfer {

// What the activations are rounded to before they meet the weights.
enum class Activations { kFloat32, kInt8, kBrain };

// Which tile registers the products of many rows are computed on.
enum class TileKind { kNone, kAmx, kEmulated };
constexpr int kTileKinds = 3;

struct WeightKernels {
  int32_t type;  // the GGUF tensor type
  int block;     // numbers and bytes of a block
  int blockBytes;
  Activations activations;
  int streamRows;  // up to so many rows of x `stream` is for, beyond `panel`
  int panelRows;   // weight rows of one panel
  size_t panelBytes;
  // Multiplies weight rows [first, last).
  void (*stream)(const MatmulJob& job, const slinfer_weights& weights, int first, int last);
  // Multiplies the panelRows weight rows from `first` on, one function a kind of tiles; null: as
  // without tiles. `panel` is scratch.
  void (*panel[kTileKinds])(const MatmulJob& job, const slinfer_weights& weights, int first,
                            void* panel);
  // out = scale x the weights of one row.
  void (*embed)(const uint8_t* row, int columns, float scale, float* out);
};

constexpr int kWeightTypes = 16;

struct MatmulKernels {
  const WeightKernels* types[kWeightTypes];
  // Round stretches [first, last) of the job's activations; see activations.cc.
  void (*quantize)(void* job, int64_t first, int64_t last, int thread);
  void (*roundToBrain)(void* job, int64_t first, int64_t last, int thread);  // null if no type wants it
  TileKind tiles = TileKind::kNone;
};

class ThreadPool;

// Multiplies all matrices of the job; a status.
int32_t matmul(ThreadPool& pool, MatmulJob& job);

// Rows tokens[0] to tokens[count - 1] of a matrix, times scale.
struct TokenRows {
  const int32_t* tokens;
  int count;
  float scale;
  float* out;
};

int32_t embed(const MatmulKernels& kernels, const slinfer_weights& table, int columns,
              const TokenRows& rows);

#define SLINFER_DECLARE_WEIGHTS(isa)                                                            \
  namespace isa {                                                                               \
  extern const WeightKernels kF32, kF16, kBF16, kQ4_0, kQ4_1, kQ5_0, kQ5_1, kQ8_0, kQ2_K, kQ3_K, \
      kQ4_K, kQ5_K, kQ6_K, kIQ4_NL, kIQ4_XS, kMXFP4;                                            \
  void quantizeItems(void* job, int64_t first, int64_t last, int thread);                       \
  }
SLINFER_DECLARE_WEIGHTS(avx512)
SLINFER_DECLARE_WEIGHTS(avx2)
SLINFER_DECLARE_WEIGHTS(neon)
SLINFER_DECLARE_WEIGHTS(neondot)
SLINFER_DECLARE_WEIGHTS(baseline)
#undef SLINFER_DECLARE_WEIGHTS

namespace avx512bf16 {
extern const WeightKernels kBF16;
void roundItems(void* job, int64_t first, int64_t last, int thread);
}  // namespace avx512bf16

}  // namespace slinfer

#endif
