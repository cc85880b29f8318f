// Activations rounded to what quantised weights are multiplied with.
#define SLINFER_KERNEL_FILE "activations.cc"
#include "each_isa.h"

#include <algorithm>
#include <cstring>

#include "matmul_job.h"
#include "matmul_types.h"
#include "simd.h"

SLINFER_ISA_BEGIN

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

SLINFER_ISA_END
