// Vectors of what the compiler assumes of any CPU, four lanes (see simd.h).
#ifndef SLINFER_SIMD_BASELINE_H
#define SLINFER_SIMD_BASELINE_H

#include <cstdint>
#include <cstring>

#include "half.h"
#include "isa.h"

namespace slinfer {
namespace baseline {

constexpr int kLanes = 4;
typedef float F32 __attribute__((vector_size(16), may_alias));
typedef int32_t I32 __attribute__((vector_size(16), may_alias));
typedef uint8_t Bytes __attribute__((vector_size(16), may_alias));

SLINFER_INLINE F32 load(const float* p) {
  F32 v;
  std::memcpy(&v, p, sizeof(v));
  return v;
}
SLINFER_INLINE void store(float* p, F32 v) { std::memcpy(p, &v, sizeof(v)); }
SLINFER_INLINE F32 splat(float v) { return F32{v, v, v, v}; }
SLINFER_INLINE F32 fma(F32 a, F32 b, F32 c) { return a * b + c; }
SLINFER_INLINE F32 maximum(F32 a, F32 b) { return a > b ? a : b; }
SLINFER_INLINE F32 minimum(F32 a, F32 b) { return a < b ? a : b; }
SLINFER_INLINE float sum(F32 v) { return (v[0] + v[2]) + (v[1] + v[3]); }
SLINFER_INLINE float largest(F32 v) {
  const float a = v[0] > v[1] ? v[0] : v[1];
  const float b = v[2] > v[3] ? v[2] : v[3];
  return a > b ? a : b;
}
// Nearest, ties to even, for |v| < 2^22: the fraction falls off the end of the sum.
SLINFER_INLINE I32 roundToInt(F32 v) {
  const F32 shift = splat(0x1.8p23f);
  return (I32)(v + shift) - (I32)shift;
}
SLINFER_INLINE F32 toFloat(I32 v) { return __builtin_convertvector(v, F32); }
SLINFER_INLINE F32 loadHalf(const void* p) {
  uint16_t half[4];
  std::memcpy(half, p, sizeof(half));
  return F32{halfToFloat(half[0]), halfToFloat(half[1]), halfToFloat(half[2]),
             halfToFloat(half[3])};
}
SLINFER_INLINE void storeHalf(uint16_t* p, F32 v) {
  for (int i = 0; i < kLanes; i++) p[i] = floatToHalf(v[i]);
}
SLINFER_INLINE F32 loadBrain(const void* p) {
  uint16_t top[4];
  std::memcpy(top, p, sizeof(top));
  F32 v;
  for (int i = 0; i < kLanes; i++) v[i] = brainToFloat(top[i]);
  return v;
}
SLINFER_INLINE void storeInt8(int8_t* p, I32 v) {
  for (int i = 0; i < kLanes; i++) p[i] = static_cast<int8_t>(v[i]);
}
SLINFER_INLINE Bytes loadBytes(const void* p) {
  Bytes v;
  std::memcpy(&v, p, sizeof(v));
  return v;
}
SLINFER_INLINE Bytes splatFourBytes(const void* p) {
  int32_t four;
  std::memcpy(&four, p, 4);
  return (Bytes)I32{four, four, four, four};
}

template <bool kWide>
SLINFER_INLINE I32 dotBytes(I32 sum, Bytes weights, Bytes x) {
  for (int i = 0; i < 4 * kLanes; i++) {
    sum[i / 4] += static_cast<int32_t>(weights[i]) * static_cast<int8_t>(x[i]);
  }
  return sum;
}
constexpr int kWideZero = 128;

SLINFER_INLINE F32 spreadScales(const F32* scales, int v) { return splat(scales[v / 4][v % 4]); }

SLINFER_INLINE void transpose(const uint32_t* from, int fromStride, uint32_t* to, int toStride) {
  for (int row = 0; row < kLanes; row++) {
    for (int column = 0; column < kLanes; column++) {
      to[column * toStride + row] = from[row * fromStride + column];
    }
  }
}

}  // namespace baseline
}  // namespace slinfer

#endif
