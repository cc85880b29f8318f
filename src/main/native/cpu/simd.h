// Vectors of each instruction set under the same names, in the namespaces avx512, avx2 and baseline:
// F32 and I32 of kLanes numbers, Bytes of 4 x kLanes bytes. Arithmetic and comparisons are the
// operators of the compiler's vector extension; a comparison gives an I32 of 0 and -1.
#ifndef SLINFER_SIMD_H
#define SLINFER_SIMD_H

#include <cmath>
#include <cstdint>
#include <cstring>

#include "isa.h"

namespace slinfer {

// The numbers of float16, the storage format; value by bits, any platform.
inline float halfToFloat(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000) << 16;
  const uint32_t magnitude = half & 0x7FFF;
  uint32_t bits;
  if (magnitude >= 0x7C00) {
    bits = 0x7F800000 | (magnitude & 0x3FF) << 13;
  } else if (magnitude >= 0x0400) {
    bits = (magnitude << 13) + (112u << 23);
  } else {
    const float subnormal = static_cast<float>(magnitude) * 0x1p-24f;
    std::memcpy(&bits, &subnormal, 4);
  }
  bits |= sign;
  float value;
  std::memcpy(&value, &bits, 4);
  return value;
}

// Rounds to nearest, ties to even; too large becomes infinite, NaN stays NaN.
inline uint16_t floatToHalf(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, 4);
  const uint32_t sign = bits >> 16 & 0x8000;
  const uint32_t magnitude = bits & 0x7FFFFFFF;
  if (magnitude > 0x7F800000) return static_cast<uint16_t>(sign | 0x7E00);
  if (magnitude >= 0x47800000) return static_cast<uint16_t>(sign | 0x7C00);
  if (magnitude < 0x38800000) {
    float absolute;
    std::memcpy(&absolute, &magnitude, 4);
    return static_cast<uint16_t>(sign | static_cast<uint32_t>(std::nearbyint(absolute * 0x1p24f)));
  }
  const uint32_t rounded = magnitude + 0xFFF + (magnitude >> 13 & 1);
  return static_cast<uint16_t>(sign | ((rounded - (112u << 23)) >> 13));
}

// bfloat16: the upper half of a float32.
inline float brainToFloat(uint16_t brain) {
  const uint32_t bits = static_cast<uint32_t>(brain) << 16;
  float value;
  std::memcpy(&value, &bits, 4);
  return value;
}

inline float loadHalfScalar(const void* source) {
  uint16_t half;
  std::memcpy(&half, source, 2);
  return halfToFloat(half);
}

}  // namespace slinfer

#if SLINFER_X86

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

#endif  // SLINFER_X86

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
