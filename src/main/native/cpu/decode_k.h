// Blocks of 256 weights with scales of their own for each 16 or 32 (see decode.h, which is included before), in the namespace of SLINFER_ISA.

struct Q2_K : Format256 {
  static constexpr int kBlockBytes = 84;
  static constexpr bool kHasMinimum = true;
  static SLINFER_INLINE void decode(const uint8_t* b, uint8_t* q, float* scale, float* minimum) {
    const float d = loadHalfScalar(b + 80);
    const float dMin = loadHalfScalar(b + 82);
    for (int group = 0; group < 16; group++) {
      scale[group] = d * static_cast<float>(b[group] & 15);
      minimum[group] = -(dMin * static_cast<float>(b[group] >> 4));
    }
    for (int part = 0; part < 8; part++) {
      const uint8_t* bits = b + 16 + 32 * (part / 4);
      for (int i = 0; i < 32; i++) q[32 * part + i] = bits[i] >> 2 * (part % 4) & 3;
    }
  }
};

// The sixteen 6-bit scales of Q3_K, with the 32 that is subtracted from each still in them.
SLINFER_INLINE void q3Scales(const uint8_t* packed, uint8_t* scales) {
  const uint32_t low0 = load32(packed), low1 = load32(packed + 4), high = load32(packed + 8);
  const uint32_t words[4] = {
      (low0 & 0x0F0F0F0F) | (high & 0x03030303) << 4,
      (low1 & 0x0F0F0F0F) | (high >> 2 & 0x03030303) << 4,
      (low0 >> 4 & 0x0F0F0F0F) | (high >> 4 & 0x03030303) << 4,
      (low1 >> 4 & 0x0F0F0F0F) | (high >> 6 & 0x03030303) << 4,
  };
  std::memcpy(scales, words, 16);
}

struct Q3_K : Format256 {
  static constexpr int kBlockBytes = 110;
  static constexpr int kZero = 4;
  static SLINFER_INLINE void decode(const uint8_t* b, uint8_t* q, float* scale, float*) {
    const float d = loadHalfScalar(b + 108);
    uint8_t scales[16];
    q3Scales(b + 96, scales);
    for (int group = 0; group < 16; group++) {
      scale[group] = d * static_cast<float>(scales[group] - 32);
    }
    for (int part = 0; part < 8; part++) {
      const uint8_t* bits = b + 32 + 32 * (part / 4);
      for (int i = 0; i < 32; i++) {
        q[32 * part + i] = (bits[i] >> 2 * (part % 4) & 3) | (b[i] >> part & 1) << 2;
      }
    }
  }
};

// The eight 6-bit scales, then the eight 6-bit minima of Q4_K and Q5_K, a byte each.
SLINFER_INLINE void q4Scales(const uint8_t* packed, uint32_t (&words)[4]) {
  const uint32_t a = load32(packed), b = load32(packed + 4), c = load32(packed + 8);
  words[0] = a & 0x3F3F3F3F;
  words[1] = (c & 0x0F0F0F0F) | (a >> 6 & 0x03030303) << 4;
  words[2] = b & 0x3F3F3F3F;
  words[3] = (c >> 4 & 0x0F0F0F0F) | (b >> 6 & 0x03030303) << 4;
}

SLINFER_INLINE void scaleQ4(const uint8_t* b, float* scale, float* minimum) {
  const float d = loadHalfScalar(b);
  const float dMin = loadHalfScalar(b + 2);
  uint32_t words[4];
  uint8_t scales[16];
  q4Scales(b + 4, words);
  std::memcpy(scales, words, sizeof(scales));
  for (int group = 0; group < 16; group++) {
    scale[group] = d * static_cast<float>(scales[group / 2]);
    minimum[group] = -(dMin * static_cast<float>(scales[8 + group / 2]));
  }
}

struct Q4_K : Format256 {
  static constexpr int kBlockBytes = 144;
  static constexpr int kGroup = 32;
  static constexpr bool kHasMinimum = true;
  static SLINFER_INLINE void decode(const uint8_t* b, uint8_t* q, float* scale, float* minimum) {
    scaleQ4(b, scale, minimum);
    for (int part = 0; part < 4; part++) {
      splitNibbles(b + 16 + 32 * part, q + 64 * part, q + 64 * part + 32, 32);
    }
  }
};

struct Q5_K : Format256 {
  static constexpr int kBlockBytes = 176;
  static constexpr int kGroup = 32;
  static constexpr bool kHasMinimum = true;
  static SLINFER_INLINE void decode(const uint8_t* b, uint8_t* q, float* scale, float* minimum) {
    scaleQ4(b, scale, minimum);
    for (int part = 0; part < 4; part++) {
      splitNibbles(b + 48 + 32 * part, q + 64 * part, q + 64 * part + 32, 32);
    }
    for (int part = 0; part < 8; part++) {
      for (int i = 0; i < 32; i++) q[32 * part + i] |= (b[16 + i] >> part & 1) << 4;
    }
  }
};

struct Q6_K : Format256 {
  static constexpr int kBlockBytes = 210;
  static constexpr int kZero = 32;
  static SLINFER_INLINE void decode(const uint8_t* b, uint8_t* q, float* scale, float*) {
    const float d = loadHalfScalar(b + 208);
    for (int group = 0; group < 16; group++) {
      scale[group] = d * static_cast<float>(static_cast<int8_t>(b[192 + group]));
    }
    for (int half = 0; half < 2; half++) {
      splitNibbles(b + 64 * half, q + 128 * half, q + 128 * half + 64, 64);
      const uint8_t* high = b + 128 + 32 * half;
      for (int part = 0; part < 4; part++) {
        for (int i = 0; i < 32; i++) {
          q[128 * half + 32 * part + i] |= (high[i] >> 2 * part & 3) << 4;
        }
      }
    }
  }
};

#if SLINFER_ISA_ID == 3
template <>
struct ChunkDecoder<Q2_K> {
  static SLINFER_INLINE void decode(const uint8_t* source, Chunk& chunk) {
    const __m128i packed = _mm_loadu_si128((const __m128i*)source);
    const __m512i wide = _mm512_cvtepu8_epi32(packed);
    const __m512 d = _mm512_set1_ps(loadHalfScalar(source + 80));
    const __m512 dMin = _mm512_set1_ps(-loadHalfScalar(source + 82));
    chunk.scale[0] = d * _mm512_cvtepi32_ps(_mm512_and_si512(wide, _mm512_set1_epi32(15)));
    chunk.minimum[0] = dMin * _mm512_cvtepi32_ps(_mm512_srli_epi32(wide, 4));
    for (int half = 0; half < 2; half++) {
      const __m512i bits = twice(source + 16 + 32 * half);
      chunk.q[2 * half] = shiftHalves<0, 2>(bits, 3);
      chunk.q[2 * half + 1] = shiftHalves<4, 6>(bits, 3);
    }
  }
};

template <>
struct ChunkDecoder<Q3_K> {
  template <int kPart>
  static SLINFER_INLINE __m512i thirdBit(__m512i high) {
    const __m512i counts = _mm512_set_epi64(kPart + 1, kPart + 1, kPart + 1, kPart + 1, kPart,
                                            kPart, kPart, kPart);
    const __m512i bit = _mm512_and_si512(_mm512_srlv_epi64(high, counts), _mm512_set1_epi8(1));
    return _mm512_slli_epi16(bit, 2);
  }
  static SLINFER_INLINE void decode(const uint8_t* source, Chunk& chunk) {
    uint8_t scales[16];
    q3Scales(source + 96, scales);
    const __m512i six = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i*)scales));
    chunk.scale[0] = _mm512_set1_ps(loadHalfScalar(source + 108)) *
                     _mm512_cvtepi32_ps(_mm512_sub_epi32(six, _mm512_set1_epi32(32)));
    const __m512i high = twice(source);
    const __m512i first = twice(source + 32);
    const __m512i second = twice(source + 64);
    chunk.q[0] = _mm512_or_si512(shiftHalves<0, 2>(first, 3), thirdBit<0>(high));
    chunk.q[1] = _mm512_or_si512(shiftHalves<4, 6>(first, 3), thirdBit<2>(high));
    chunk.q[2] = _mm512_or_si512(shiftHalves<0, 2>(second, 3), thirdBit<4>(high));
    chunk.q[3] = _mm512_or_si512(shiftHalves<4, 6>(second, 3), thirdBit<6>(high));
  }
};

SLINFER_INLINE void scaleChunkQ4(const uint8_t* source, Chunk& chunk) {
  uint32_t words[4];
  q4Scales(source + 4, words);
  // Eight scales, then eight minima.
  const __m512i six = _mm512_cvtepu8_epi32(
      _mm_setr_epi32((int)words[0], (int)words[1], (int)words[2], (int)words[3]));
  const __m128 factors = _mm_cvtph_ps(_mm_cvtsi32_si128((int)load32(source)));
  const __m512i which = _mm512_set_epi32(1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0);
  const __m512 both = _mm512_cvtepi32_ps(six) *
                      _mm512_permutexvar_ps(which, _mm512_castps128_ps512(factors));
  const __m512i first = _mm512_set_epi32(7, 7, 6, 6, 5, 5, 4, 4, 3, 3, 2, 2, 1, 1, 0, 0);
  chunk.scale[0] = _mm512_permutexvar_ps(first, both);
  chunk.minimum[0] =
      splat(0) - _mm512_permutexvar_ps(_mm512_add_epi32(first, _mm512_set1_epi32(8)), both);
}

template <>
struct ChunkDecoder<Q4_K> {
  static SLINFER_INLINE void decode(const uint8_t* source, Chunk& chunk) {
    scaleChunkQ4(source, chunk);
    for (int v = 0; v < 4; v++) {
      chunk.q[v] = shiftHalves<0, 4>(twice(source + 16 + 32 * v), 15);
    }
  }
};

template <>
struct ChunkDecoder<Q5_K> {
  static SLINFER_INLINE void decode(const uint8_t* source, Chunk& chunk) {
    scaleChunkQ4(source, chunk);
    const __m512i high = twice(source + 16);
    for (int v = 0; v < 4; v++) {
      const __m512i bit = _mm512_inserti64x4(_mm512_set1_epi8((char)(1 << 2 * v)),
                                             _mm256_set1_epi8((char)(2 << 2 * v)), 1);
      const __m512i q = shiftHalves<0, 4>(twice(source + 48 + 32 * v), 15);
      chunk.q[v] = _mm512_mask_add_epi8(q, _mm512_test_epi8_mask(high, bit), q,
                                        _mm512_set1_epi8(16));
    }
  }
};

template <>
struct ChunkDecoder<Q6_K> {
  static SLINFER_INLINE void decode(const uint8_t* source, Chunk& chunk) {
    const __m512i scales =
        _mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i*)(source + 192)));
    chunk.scale[0] = _mm512_set1_ps(loadHalfScalar(source + 208)) * _mm512_cvtepi32_ps(scales);
    const __m512i nibble = _mm512_set1_epi8(15);
    for (int half = 0; half < 2; half++) {
      const __m512i low = loadBytes(source + 64 * half);
      const __m512i high = twice(source + 128 + 32 * half);
      chunk.q[2 * half] = _mm512_or_si512(
          _mm512_and_si512(low, nibble), _mm512_slli_epi16(shiftHalves<0, 2>(high, 3), 4));
      chunk.q[2 * half + 1] =
          _mm512_or_si512(_mm512_and_si512(_mm512_srli_epi16(low, 4), nibble),
                          _mm512_slli_epi16(shiftHalves<4, 6>(high, 3), 4));
    }
  }
};

#endif
