// Chunk decoders for AVX-512 (see decode.h), all in registers. Included by decode.h in the namespace
// avx512.

// Two 32-byte halves as one vector.
SLINFER_INLINE __m512i join(const uint8_t* low, const uint8_t* high) {
  const __m256i half = _mm256_loadu_si256((const __m256i*)low);
  return _mm512_inserti64x4(_mm512_castsi256_si512(half),
                            _mm256_loadu_si256((const __m256i*)high), 1);
}

SLINFER_INLINE __m512i twice(const uint8_t* source) {
  return _mm512_broadcast_i64x4(_mm256_loadu_si256((const __m256i*)source));
}

// Bytes of the lower half shifted right by `low`, of the upper half by `high`; bits of neighbours come
// in from above and are masked off by `mask`.
template <int kLow, int kHigh>
SLINFER_INLINE __m512i shiftHalves(__m512i v, int mask) {
  const __m512i counts =
      _mm512_set_epi64(kHigh, kHigh, kHigh, kHigh, kLow, kLow, kLow, kLow);
  return _mm512_and_si512(_mm512_srlv_epi64(v, counts), _mm512_set1_epi8((char)mask));
}

// Nibbles of two blocks of 16 bytes: low nibbles of the first, its high ones, then the second's.
SLINFER_INLINE __m512i nibblesOfTwo(const uint8_t* first, const uint8_t* second) {
  const __m512i a = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i*)first));
  const __m512i both =
      _mm512_mask_broadcast_i32x4(a, 0xFF00, _mm_loadu_si128((const __m128i*)second));
  const __m512i counts = _mm512_set_epi64(4, 4, 0, 0, 4, 4, 0, 0);
  return _mm512_and_si512(_mm512_srlv_epi64(both, counts), _mm512_set1_epi8(15));
}

SLINFER_INLINE __m512i lookUp16(const uint8_t* table, __m512i index) {
  const __m512i values = _mm512_broadcast_i32x4(_mm_load_si128((const __m128i*)table));
  return _mm512_shuffle_epi8(values, index);
}

// Eight numbers, each twice.
SLINFER_INLINE __m512 pairs(__m256 eight) {
  const __m512i index = _mm512_set_epi32(7, 7, 6, 6, 5, 5, 4, 4, 3, 3, 2, 2, 1, 1, 0, 0);
  return _mm512_permutexvar_ps(index, _mm512_castps256_ps512(eight));
}

// The float16 numbers at the head of eight blocks, each twice.
template <int kBlockBytes>
SLINFER_INLINE __m512 scalesOfEight(const uint8_t* source) {
  uint16_t half[8];
  for (int i = 0; i < 8; i++) std::memcpy(&half[i], source + i * kBlockBytes, 2);
  const __m128i halves = _mm_setr_epi16(half[0], half[1], half[2], half[3], half[4], half[5],
                                        half[6], half[7]);
  return pairs(_mm256_cvtph_ps(halves));
}

template <class Format, int kNibbles>
SLINFER_INLINE void nibbleChunk(const uint8_t* source, Chunk& chunk) {
  for (int v = 0; v < 4; v++) {
    const uint8_t* first = source + 2 * v * Format::kBlockBytes + kNibbles;
    chunk.q[v] = nibblesOfTwo(first, first + Format::kBlockBytes);
  }
}

template <>
struct ChunkDecoder<Q8_0> {
  static SLINFER_INLINE void decode(const uint8_t* source, Chunk& chunk) {
    for (int v = 0; v < 4; v++) {
      const uint8_t* first = source + 2 * v * Q8_0::kBlockBytes + 2;
      chunk.q[v] = _mm512_xor_si512(join(first, first + Q8_0::kBlockBytes),
                                    _mm512_set1_epi8((char)0x80));
    }
    chunk.scale[0] = scalesOfEight<Q8_0::kBlockBytes>(source);
  }
};

template <>
struct ChunkDecoder<Q4_0> {
  static SLINFER_INLINE void decode(const uint8_t* source, Chunk& chunk) {
    nibbleChunk<Q4_0, 2>(source, chunk);
    chunk.scale[0] = scalesOfEight<Q4_0::kBlockBytes>(source);
  }
};

template <>
struct ChunkDecoder<Q4_1> {
  static SLINFER_INLINE void decode(const uint8_t* source, Chunk& chunk) {
    nibbleChunk<Q4_1, 4>(source, chunk);
    chunk.scale[0] = scalesOfEight<Q4_1::kBlockBytes>(source);
    chunk.minimum[0] = scalesOfEight<Q4_1::kBlockBytes>(source + 2);
  }
};

template <class Format, int kBits>
SLINFER_INLINE void addFifthBits(const uint8_t* source, Chunk& chunk) {
  for (int v = 0; v < 4; v++) {
    const uint8_t* first = source + 2 * v * Format::kBlockBytes + kBits;
    const uint64_t bits = load32(first) | (uint64_t)load32(first + Format::kBlockBytes) << 32;
    chunk.q[v] = _mm512_mask_add_epi8(chunk.q[v], bits, chunk.q[v], _mm512_set1_epi8(16));
  }
}

template <>
struct ChunkDecoder<Q5_0> {
  static SLINFER_INLINE void decode(const uint8_t* source, Chunk& chunk) {
    nibbleChunk<Q5_0, 6>(source, chunk);
    addFifthBits<Q5_0, 2>(source, chunk);
    chunk.scale[0] = scalesOfEight<Q5_0::kBlockBytes>(source);
  }
};

template <>
struct ChunkDecoder<Q5_1> {
  static SLINFER_INLINE void decode(const uint8_t* source, Chunk& chunk) {
    nibbleChunk<Q5_1, 8>(source, chunk);
    addFifthBits<Q5_1, 4>(source, chunk);
    chunk.scale[0] = scalesOfEight<Q5_1::kBlockBytes>(source);
    chunk.minimum[0] = scalesOfEight<Q5_1::kBlockBytes>(source + 2);
  }
};

template <>
struct ChunkDecoder<IQ4_NL> {
  static SLINFER_INLINE void decode(const uint8_t* source, Chunk& chunk) {
    nibbleChunk<IQ4_NL, 2>(source, chunk);
    for (int v = 0; v < 4; v++) chunk.q[v] = lookUp16(kNonLinear, chunk.q[v]);
    chunk.scale[0] = scalesOfEight<IQ4_NL::kBlockBytes>(source);
  }
};

template <>
struct ChunkDecoder<MXFP4> {
  static SLINFER_INLINE void decode(const uint8_t* source, Chunk& chunk) {
    nibbleChunk<MXFP4, 1>(source, chunk);
    for (int v = 0; v < 4; v++) chunk.q[v] = lookUp16(kFp4, chunk.q[v]);
    uint8_t exponent[8];
    for (int i = 0; i < 8; i++) exponent[i] = source[i * MXFP4::kBlockBytes];
    __m128i bytes = _mm_loadl_epi64((const __m128i*)exponent);
    const __m256i wide = _mm256_cvtepu8_epi32(bytes);
    const __m256i normal = _mm256_slli_epi32(_mm256_sub_epi32(wide, _mm256_set1_epi32(1)), 23);
    const __m256i tiny = _mm256_sllv_epi32(_mm256_set1_epi32(0x00200000), wide);
    const __mmask8 isTiny = _mm256_cmplt_epi32_mask(wide, _mm256_set1_epi32(2));
    chunk.scale[0] = pairs(_mm256_castsi256_ps(_mm256_mask_blend_epi32(isTiny, normal, tiny)));
  }
};

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

template <>
struct ChunkDecoder<IQ4_XS> {
  static SLINFER_INLINE void decode(const uint8_t* source, Chunk& chunk) {
    const uint32_t high = source[2] | source[3] << 8;
    const __m256i part = _mm256_set_epi32(7, 6, 5, 4, 3, 2, 1, 0);
    const __m256i low = _mm256_and_si256(
        _mm256_srlv_epi32(_mm256_set1_epi32((int)load32(source + 4)), _mm256_slli_epi32(part, 2)),
        _mm256_set1_epi32(15));
    const __m256i top = _mm256_and_si256(
        _mm256_srlv_epi32(_mm256_set1_epi32((int)high), _mm256_slli_epi32(part, 1)),
        _mm256_set1_epi32(3));
    const __m256i six = _mm256_or_si256(low, _mm256_slli_epi32(top, 4));
    const __m256 scale = _mm256_cvtepi32_ps(_mm256_sub_epi32(six, _mm256_set1_epi32(32)));
    chunk.scale[0] = pairs(_mm256_set1_ps(loadHalfScalar(source)) * scale);
    for (int v = 0; v < 4; v++) {
      const uint8_t* nibbles = source + 8 + 32 * v;
      chunk.q[v] = lookUp16(kNonLinear, nibblesOfTwo(nibbles, nibbles + 16));
    }
  }
};
