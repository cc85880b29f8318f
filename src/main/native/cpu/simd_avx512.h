// Vectors of AVX-512 (see simd.h).
#ifndef SLINFER_SIMD_AVX512_H
#define SLINFER_SIMD_AVX512_H

#include <cstdint>
#include <cstring>

#include "half.h"
#include "isa.h"

SLINFER_TARGET_BEGIN(SLINFER_AVX512_TARGET)
namespace slinfer {
namespace avx512 {

constexpr int kLanes = 16;
using F32 = __m512;
using Bytes = __m512i;
typedef int32_t I32 __attribute__((vector_size(64), may_alias));

SLINFER_INLINE F32 load(const float* p) { return _mm512_loadu_ps(p); }
SLINFER_INLINE void store(float* p, F32 v) { _mm512_storeu_ps(p, v); }
SLINFER_INLINE F32 splat(float v) { return _mm512_set1_ps(v); }
SLINFER_INLINE F32 fma(F32 a, F32 b, F32 c) { return _mm512_fmadd_ps(a, b, c); }
SLINFER_INLINE F32 maximum(F32 a, F32 b) { return _mm512_max_ps(a, b); }
SLINFER_INLINE F32 minimum(F32 a, F32 b) { return _mm512_min_ps(a, b); }
SLINFER_INLINE float sum(F32 v) { return _mm512_reduce_add_ps(v); }
SLINFER_INLINE float largest(F32 v) { return _mm512_reduce_max_ps(v); }
SLINFER_INLINE I32 roundToInt(F32 v) { return (I32)_mm512_cvtps_epi32(v); }
SLINFER_INLINE F32 toFloat(I32 v) { return _mm512_cvtepi32_ps((__m512i)v); }
SLINFER_INLINE F32 loadHalf(const void* p) {
  return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i*)p));
}
SLINFER_INLINE float loadHalfScalar(const void* source) {
  uint16_t half;
  std::memcpy(&half, source, 2);
  return _cvtsh_ss(half);
}
SLINFER_INLINE void storeHalf(uint16_t* p, F32 v) {
  _mm256_storeu_si256((__m256i*)p, _mm512_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT));
}
SLINFER_INLINE F32 loadBrain(const void* p) {
  const __m512i wide = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i*)p));
  return _mm512_castsi512_ps(_mm512_slli_epi32(wide, 16));
}
SLINFER_INLINE void storeInt8(int8_t* p, I32 v) {
  _mm_storeu_si128((__m128i*)p, _mm512_cvtepi32_epi8((__m512i)v));
}
SLINFER_INLINE Bytes loadBytes(const void* p) { return _mm512_loadu_si512(p); }
SLINFER_INLINE Bytes splatFourBytes(const void* p) {
  int32_t four;
  std::memcpy(&four, p, 4);
  return _mm512_set1_epi32(four);
}

// Each lane adds four products of an unsigned byte of `weights` and a signed byte of `x`.
template <bool kWide>
SLINFER_INLINE I32 dotBytes(I32 sum, Bytes weights, Bytes x) {
  return (I32)_mm512_dpbusd_epi32((__m512i)sum, weights, x);
}
// What dotBytes<true> leaves to subtract from weights that are stored plus 128.
constexpr int kWideZero = 128;

// Lane l of vector v of a chunk of 256 bytes holds bytes of group (v x kLanes + l) / 4: spreads the
// 16 groups' scales so that each lane has its own.
SLINFER_INLINE F32 spreadScales(const F32* scales, int v) {
  const __m512i group = _mm512_set_epi32(3, 3, 3, 3, 2, 2, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0);
  return _mm512_permutexvar_ps(_mm512_add_epi32(group, _mm512_set1_epi32(4 * v)), scales[0]);
}

// to[c x toStride + r] = from[r x fromStride + c] for r and c below kLanes, in 32-bit items.
SLINFER_INLINE void transpose(const uint32_t* from, int fromStride, uint32_t* to, int toStride) {
  __m512i a[16], b[16];
  for (int i = 0; i < 16; i++) a[i] = _mm512_loadu_si512(from + i * fromStride);
  for (int i = 0; i < 16; i += 2) {
    b[i] = _mm512_unpacklo_epi32(a[i], a[i + 1]);
    b[i + 1] = _mm512_unpackhi_epi32(a[i], a[i + 1]);
  }
  for (int i = 0; i < 16; i += 4) {
    a[i] = _mm512_unpacklo_epi64(b[i], b[i + 2]);
    a[i + 1] = _mm512_unpackhi_epi64(b[i], b[i + 2]);
    a[i + 2] = _mm512_unpacklo_epi64(b[i + 1], b[i + 3]);
    a[i + 3] = _mm512_unpackhi_epi64(b[i + 1], b[i + 3]);
  }
  for (int i = 0; i < 4; i++) {
    b[i] = _mm512_shuffle_i32x4(a[i], a[i + 4], 0x88);
    b[i + 4] = _mm512_shuffle_i32x4(a[i], a[i + 4], 0xDD);
    b[i + 8] = _mm512_shuffle_i32x4(a[i + 8], a[i + 12], 0x88);
    b[i + 12] = _mm512_shuffle_i32x4(a[i + 8], a[i + 12], 0xDD);
  }
  for (int i = 0; i < 8; i++) {
    const __m512i low = _mm512_shuffle_i32x4(b[i], b[i + 8], 0x88);
    const __m512i high = _mm512_shuffle_i32x4(b[i], b[i + 8], 0xDD);
    _mm512_storeu_si512(to + i * toStride, low);
    _mm512_storeu_si512(to + (i + 8) * toStride, high);
  }
}

}  // namespace avx512
}  // namespace slinfer
SLINFER_TARGET_END

#endif
