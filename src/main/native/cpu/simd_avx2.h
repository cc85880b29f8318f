// Vectors of AVX2 (see simd.h).
#ifndef SLINFER_SIMD_AVX2_H
#define SLINFER_SIMD_AVX2_H

#include <cstdint>
#include <cstring>

#include "half.h"
#include "isa.h"

SLINFER_TARGET_BEGIN(SLINFER_AVX2_TARGET)
namespace slinfer {
namespace avx2 {

constexpr int kLanes = 8;
using F32 = __m256;
using Bytes = __m256i;
typedef int32_t I32 __attribute__((vector_size(32), may_alias));

SLINFER_INLINE F32 load(const float* p) { return _mm256_loadu_ps(p); }
SLINFER_INLINE void store(float* p, F32 v) { _mm256_storeu_ps(p, v); }
SLINFER_INLINE F32 splat(float v) { return _mm256_set1_ps(v); }
SLINFER_INLINE F32 fma(F32 a, F32 b, F32 c) { return _mm256_fmadd_ps(a, b, c); }
SLINFER_INLINE F32 maximum(F32 a, F32 b) { return _mm256_max_ps(a, b); }
SLINFER_INLINE F32 minimum(F32 a, F32 b) { return _mm256_min_ps(a, b); }
SLINFER_INLINE float sum(F32 v) {
  __m128 four = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  four = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(four, _mm_movehdup_ps(four)));
}
SLINFER_INLINE float largest(F32 v) {
  __m128 four = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  four = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(four, _mm_movehdup_ps(four)));
}
SLINFER_INLINE I32 roundToInt(F32 v) { return (I32)_mm256_cvtps_epi32(v); }
SLINFER_INLINE F32 toFloat(I32 v) { return _mm256_cvtepi32_ps((__m256i)v); }
SLINFER_INLINE F32 loadHalf(const void* p) {
  return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i*)p));
}
SLINFER_INLINE float loadHalfScalar(const void* source) {
  uint16_t half;
  std::memcpy(&half, source, 2);
  return _cvtsh_ss(half);
}
SLINFER_INLINE void storeHalf(uint16_t* p, F32 v) {
  _mm_storeu_si128((__m128i*)p, _mm256_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT));
}
SLINFER_INLINE F32 loadBrain(const void* p) {
  const __m256i wide = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i*)p));
  return _mm256_castsi256_ps(_mm256_slli_epi32(wide, 16));
}
SLINFER_INLINE void storeInt8(int8_t* p, I32 v) {
  const __m256i wide = (__m256i)v;
  const __m128i words =
      _mm_packs_epi32(_mm256_castsi256_si128(wide), _mm256_extracti128_si256(wide, 1));
  _mm_storel_epi64((__m128i*)p, _mm_packs_epi16(words, words));
}
SLINFER_INLINE Bytes loadBytes(const void* p) { return _mm256_loadu_si256((const __m256i*)p); }
SLINFER_INLINE Bytes splatFourBytes(const void* p) {
  int32_t four;
  std::memcpy(&four, p, 4);
  return _mm256_set1_epi32(four);
}

// Each lane adds four products of a byte of `weights` and a signed byte of `x`. Sums of two products
// must fit 16 bits: unsigned weights up to 127, or kWide for any, which are stored plus 128.
template <bool kWide>
SLINFER_INLINE I32 dotBytes(I32 sum, Bytes weights, Bytes x) {
  __m256i pairs;
  if (kWide) {
    const __m256i w = _mm256_xor_si256(weights, _mm256_set1_epi8((char)0x80));
    pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(x, w));
  } else {
    pairs = _mm256_maddubs_epi16(weights, x);
  }
  return sum + (I32)_mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
}
constexpr int kWideZero = 0;

SLINFER_INLINE F32 spreadScales(const F32* scales, int v) {
  const __m256i group = _mm256_set_epi32(1, 1, 1, 1, 0, 0, 0, 0);
  return _mm256_permutevar8x32_ps(scales[v / 4],
                                  _mm256_add_epi32(group, _mm256_set1_epi32(2 * (v % 4))));
}

SLINFER_INLINE void transpose(const uint32_t* from, int fromStride, uint32_t* to, int toStride) {
  __m256i a[8], b[8];
  for (int i = 0; i < 8; i++) a[i] = loadBytes(from + i * fromStride);
  for (int i = 0; i < 8; i += 2) {
    b[i] = _mm256_unpacklo_epi32(a[i], a[i + 1]);
    b[i + 1] = _mm256_unpackhi_epi32(a[i], a[i + 1]);
  }
  for (int i = 0; i < 8; i += 4) {
    a[i] = _mm256_unpacklo_epi64(b[i], b[i + 2]);
    a[i + 1] = _mm256_unpackhi_epi64(b[i], b[i + 2]);
    a[i + 2] = _mm256_unpacklo_epi64(b[i + 1], b[i + 3]);
    a[i + 3] = _mm256_unpackhi_epi64(b[i + 1], b[i + 3]);
  }
  for (int i = 0; i < 4; i++) {
    _mm256_storeu_si256((__m256i*)(to + i * toStride), _mm256_permute2x128_si256(a[i], a[i + 4], 0x20));
    _mm256_storeu_si256((__m256i*)(to + (i + 4) * toStride),
                        _mm256_permute2x128_si256(a[i], a[i + 4], 0x31));
  }
}

}  // namespace avx2
}  // namespace slinfer
SLINFER_TARGET_END

#endif
