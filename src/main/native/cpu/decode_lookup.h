// Types whose four bits are an index into a table of values (see decode.h, which is included before), in the namespace of SLINFER_ISA.

// The values of the 4-bit non-linear types, plus 128.
alignas(16) constexpr uint8_t kNonLinear[16] = {1,   24,  45,  63,  79,  93,  106, 118,
                                                129, 141, 153, 166, 181, 197, 217, 241};
// Twice the values of FP4 (E2M1), plus 12.
alignas(16) constexpr uint8_t kFp4[16] = {12, 13, 14, 15, 16, 18, 20, 24,
                                          12, 11, 10, 9,  8,  6,  4,  0};

// Half of 2^(exponent - 127), for FP4 values that are stored doubled.
SLINFER_INLINE float halfOfE8M0(uint8_t exponent) {
  const uint32_t bits = exponent < 2 ? 0x00200000u << exponent : (exponent - 1u) << 23;
  float value;
  std::memcpy(&value, &bits, 4);
  return value;
}

SLINFER_INLINE void lookUp(const uint8_t* table, uint8_t* q, int count) {
  for (int i = 0; i < count; i++) q[i] = table[q[i]];
}

struct IQ4_NL : Format32 {
  static constexpr int kBlockBytes = 18;
  static constexpr int kZero = 128;
  static constexpr bool kWide = true;
  static SLINFER_INLINE void decode(const uint8_t* b, uint8_t* q, float* scale, float*) {
    scale[0] = scale[1] = loadHalfScalar(b);
    splitNibbles(b + 2, q, q + 16, 16);
    lookUp(kNonLinear, q, 32);
  }
};

struct MXFP4 : Format32 {
  static constexpr int kBlockBytes = 17;
  static constexpr int kZero = 12;
  static SLINFER_INLINE void decode(const uint8_t* b, uint8_t* q, float* scale, float*) {
    scale[0] = scale[1] = halfOfE8M0(b[0]);
    splitNibbles(b + 1, q, q + 16, 16);
    lookUp(kFp4, q, 32);
  }
};

struct IQ4_XS : Format256 {
  static constexpr int kBlockBytes = 136;
  static constexpr int kGroup = 32;
  static constexpr int kZero = 128;
  static constexpr bool kWide = true;
  static SLINFER_INLINE void decode(const uint8_t* b, uint8_t* q, float* scale, float*) {
    const float d = loadHalfScalar(b);
    const uint32_t high = b[2] | b[3] << 8;
    for (int part = 0; part < 8; part++) {
      const int low = b[4 + part / 2] >> 4 * (part % 2) & 15;
      const int six = low | static_cast<int>(high >> 2 * part & 3) << 4;
      scale[2 * part] = scale[2 * part + 1] = d * static_cast<float>(six - 32);
      splitNibbles(b + 8 + 16 * part, q + 32 * part, q + 32 * part + 16, 16);
    }
    lookUp(kNonLinear, q, 256);
  }
};

#if SLINFER_ISA_ID == 3
SLINFER_INLINE __m512i lookUp16(const uint8_t* table, __m512i index) {
  const __m512i values = _mm512_broadcast_i32x4(_mm_load_si128((const __m128i*)table));
  return _mm512_shuffle_epi8(values, index);
}

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
#endif
