// Vectors of NEON, with and without the products of bytes of Armv8.2 (see simd.h).
#ifndef SLINFER_SIMD_NEON_H
#define SLINFER_SIMD_NEON_H

#include <cstdint>
#include <cstring>

#include "half.h"
#include "isa.h"

namespace slinfer {
namespace neon {

constexpr int kLanes = 4;
typedef float F32 __attribute__((vector_size(16), may_alias));
typedef int32_t I32 __attribute__((vector_size(16), may_alias));
typedef uint8_t Bytes __attribute__((vector_size(16), may_alias));

SLINFER_INLINE F32 load(const float* p) { return (F32)vld1q_f32(p); }
SLINFER_INLINE void store(float* p, F32 v) { vst1q_f32(p, (float32x4_t)v); }
SLINFER_INLINE F32 splat(float v) { return (F32)vdupq_n_f32(v); }
SLINFER_INLINE F32 fma(F32 a, F32 b, F32 c) {
  return (F32)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
}
SLINFER_INLINE F32 maximum(F32 a, F32 b) { return (F32)vmaxq_f32((float32x4_t)a, (float32x4_t)b); }
SLINFER_INLINE F32 minimum(F32 a, F32 b) { return (F32)vminq_f32((float32x4_t)a, (float32x4_t)b); }
SLINFER_INLINE float sum(F32 v) { return vaddvq_f32((float32x4_t)v); }
SLINFER_INLINE float largest(F32 v) { return vmaxvq_f32((float32x4_t)v); }
SLINFER_INLINE I32 roundToInt(F32 v) { return (I32)vcvtnq_s32_f32((float32x4_t)v); }
SLINFER_INLINE F32 toFloat(I32 v) { return (F32)vcvtq_f32_s32((int32x4_t)v); }
SLINFER_INLINE F32 loadHalf(const void* p) {
  return (F32)vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(static_cast<const uint16_t*>(p))));
}
SLINFER_INLINE float loadHalfScalar(const void* source) {
  __fp16 half;
  std::memcpy(&half, source, 2);
  return half;
}
SLINFER_INLINE void storeHalf(uint16_t* p, F32 v) {
  vst1_u16(p, vreinterpret_u16_f16(vcvt_f16_f32((float32x4_t)v)));
}
SLINFER_INLINE F32 loadBrain(const void* p) {
  return (F32)vshll_n_u16(vld1_u16(static_cast<const uint16_t*>(p)), 16);
}
SLINFER_INLINE void storeInt8(int8_t* p, I32 v) {
  const int16x4_t words = vmovn_s32((int32x4_t)v);
  const int8x8_t bytes = vmovn_s16(vcombine_s16(words, words));
  std::memcpy(p, &bytes, 4);
}
SLINFER_INLINE Bytes loadBytes(const void* p) {
  return (Bytes)vld1q_u8(static_cast<const uint8_t*>(p));
}
SLINFER_INLINE Bytes splatFourBytes(const void* p) {
  int32_t four;
  std::memcpy(&four, p, 4);
  return (Bytes)vdupq_n_s32(four);
}

// kWide weights are stored plus 128: as signed bytes they are what they stand for.
template <bool kWide>
SLINFER_INLINE int8x16_t signedWeights(Bytes weights) {
  return (int8x16_t)(kWide ? weights ^ 0x80 : weights);
}
// What dotBytes<true> leaves to subtract from weights that are stored plus 128.
constexpr int kWideZero = 0;

// Each lane adds four products of a byte of `weights` and a signed byte of `x`. A product fits 16 bits,
// since |x| is at most 127.
template <bool kWide>
SLINFER_INLINE I32 dotBytes(I32 sum, Bytes weights, Bytes x) {
  const int8x16_t w = signedWeights<kWide>(weights);
  const int16x8_t low = vmull_s8(vget_low_s8(w), vget_low_s8((int8x16_t)x));
  const int16x8_t high = vmull_high_s8(w, (int8x16_t)x);
  return sum + (I32)vpaddq_s32(vpaddlq_s16(low), vpaddlq_s16(high));
}

SLINFER_INLINE F32 spreadScales(const F32* scales, int v) { return splat(scales[v / 4][v % 4]); }

SLINFER_INLINE void transpose(const uint32_t* from, int fromStride, uint32_t* to, int toStride) {
  const uint32x4x2_t first = vtrnq_u32(vld1q_u32(from), vld1q_u32(from + fromStride));
  const uint32x4x2_t second =
      vtrnq_u32(vld1q_u32(from + 2 * fromStride), vld1q_u32(from + 3 * fromStride));
  for (int i = 0; i < 2; i++) {
    const uint64x2_t a = (uint64x2_t)first.val[i];
    const uint64x2_t b = (uint64x2_t)second.val[i];
    vst1q_u32(to + i * toStride, (uint32x4_t)vtrn1q_u64(a, b));
    vst1q_u32(to + (i + 2) * toStride, (uint32x4_t)vtrn2q_u64(a, b));
  }
}

}  // namespace neon
}  // namespace slinfer

SLINFER_TARGET_BEGIN(SLINFER_NEON_DOT_TARGET)
namespace slinfer {
namespace neondot {

using neon::Bytes;
using neon::F32;
using neon::fma;
using neon::I32;
using neon::kLanes;
using neon::kWideZero;
using neon::largest;
using neon::load;
using neon::loadBrain;
using neon::loadBytes;
using neon::loadHalf;
using neon::loadHalfScalar;
using neon::maximum;
using neon::minimum;
using neon::roundToInt;
using neon::signedWeights;
using neon::splat;
using neon::splatFourBytes;
using neon::spreadScales;
using neon::store;
using neon::storeHalf;
using neon::storeInt8;
using neon::sum;
using neon::toFloat;
using neon::transpose;

template <bool kWide>
SLINFER_INLINE I32 dotBytes(I32 sum, Bytes weights, Bytes x) {
  return (I32)vdotq_s32((int32x4_t)sum, signedWeights<kWide>(weights), (int8x16_t)x);
}

}  // namespace neondot
}  // namespace slinfer
SLINFER_TARGET_END

#endif
