// activation(gate) x up by row, to float16 with a scale a row; a block a row. Twice over the inputs, the second time from the cache.
#include "args.h"
#include "portable.cuh"

enum Activation { kSilu, kGeluTanh, kSwigluOai };

DEVICE float gated(int activation, float x, float y) {
  switch (activation) {
    case kSilu:
      return x / (1 + expf(-x)) * y;
    case kGeluTanh:
      return 0.5f * x * (1 + tanhf(0.7978845608028654f * (x + 0.044715f * x * x * x))) * y;
    default: {  // gpt-oss
      const float clamped = fminf(x, 7);
      return clamped / (1 + expf(-1.702f * clamped)) * (fminf(fmaxf(y, -7), 7) + 1);
    }
  }
}

SLINFER_KERNEL(gate, GateArgs, 256) {
  SLINFER_SHARED(float, scratch, 128);
  const int64_t at = static_cast<int64_t>(blockIdx.x) * a.width;
  float greatest = 0;
  for (int i = threadIdx.x; i < a.width; i += blockDim.x) {
    greatest = fmaxf(greatest, fabsf(gated(a.activation, a.gate[at + i], a.up == nullptr ? 1 : a.up[at + i])));
  }
  const float scale = rowScale(blockMax(greatest, scratch));
  if (threadIdx.x == 0) a.outScale[blockIdx.x] = scale;
  for (int i = threadIdx.x; i < a.width; i += blockDim.x) {
    a.out16[at + i] = floatToHalf(gated(a.activation, a.gate[at + i], a.up == nullptr ? 1 : a.up[at + i]) / scale);
  }
}
