// RMS norm and layer norm by row, a block a row. The result goes to float32, to float16 with a scale a row, and/or onto the residual
// stream. Sums in float32. Reads a row up to three times, the later ones from the cache.
#include "args.h"
#include "portable.cuh"

SLINFER_KERNEL(normalize, NormArgs, 256) {
  SLINFER_SHARED(float, scratch, 128);
  const int64_t at = static_cast<int64_t>(blockIdx.x) * a.columns;
  const float* x = a.x + at;
  float mean = 0, factor = 1;
  if (a.weight != nullptr) {
    if (a.centered) {
      float sum = 0;
      for (int i = threadIdx.x; i < a.columns; i += blockDim.x) sum += x[i];
      mean = blockSum(sum, scratch) / a.columns;
    }
    float squares = 0;
    for (int i = threadIdx.x; i < a.columns; i += blockDim.x) squares += (x[i] - mean) * (x[i] - mean);
    factor = 1 / sqrtf(blockSum(squares, scratch) / a.columns + a.epsilon);
  }
  float greatest = 0;
  float scale = 1;
  for (int pass = a.out16 != nullptr ? 0 : 1; pass < 2; pass++) {
    if (pass == 1 && a.out16 != nullptr) {
      scale = rowScale(blockMax(greatest, scratch));
      if (threadIdx.x == 0) a.outScale[blockIdx.x] = scale;
    }
    for (int i = threadIdx.x; i < a.columns; i += blockDim.x) {
      float y = x[i];
      if (a.weight != nullptr) {
        y = (y - mean) * factor * a.weight[i];
        if (a.bias != nullptr) y += a.bias[i];
      }
      if (pass == 0) {
        greatest = fmaxf(greatest, fabsf(y));
        continue;
      }
      if (a.out16 != nullptr) a.out16[at + i] = floatToHalf(y / scale);
      if (a.out != nullptr) a.out[at + i] = y;
      if (a.stream != nullptr) a.stream[at + i] += a.streamFactor * y;
    }
  }
}
