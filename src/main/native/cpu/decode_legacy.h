// Blocks of 32 weights on an even grid (see decode.h, which is included before), in the namespace of SLINFER_ISA.

struct Q8_0 : Format32 {
  static constexpr int kBlockBytes = 34;
  static constexpr int kZero = 128;
  static constexpr bool kWide = true;
  static SLINFER_INLINE void decode(const uint8_t* b, uint8_t* q, float* scale, float*) {
    scale[0] = scale[1] = loadHalfScalar(b);
    for (int i = 0; i < 32; i++) q[i] = b[2 + i] ^ 0x80;
  }
};

struct Q4_0 : Format32 {
  static constexpr int kBlockBytes = 18;
  static constexpr int kZero = 8;
  static SLINFER_INLINE void decode(const uint8_t* b, uint8_t* q, float* scale, float*) {
    scale[0] = scale[1] = loadHalfScalar(b);
    splitNibbles(b + 2, q, q + 16, 16);
  }
};

struct Q4_1 : Format32 {
  static constexpr int kBlockBytes = 20;
  static constexpr int kZero = 0;
  static constexpr bool kHasMinimum = true;
  static SLINFER_INLINE void decode(const uint8_t* b, uint8_t* q, float* scale, float* minimum) {
    scale[0] = scale[1] = loadHalfScalar(b);
    minimum[0] = minimum[1] = loadHalfScalar(b + 2);
    splitNibbles(b + 4, q, q + 16, 16);
  }
};

SLINFER_INLINE void addFifthBit(uint32_t bits, uint8_t* q) {
  for (int i = 0; i < 32; i++) q[i] |= (bits >> i & 1) << 4;
}

struct Q5_0 : Format32 {
  static constexpr int kBlockBytes = 22;
  static constexpr int kZero = 16;
  static SLINFER_INLINE void decode(const uint8_t* b, uint8_t* q, float* scale, float*) {
    scale[0] = scale[1] = loadHalfScalar(b);
    splitNibbles(b + 6, q, q + 16, 16);
    addFifthBit(load32(b + 2), q);
  }
};

struct Q5_1 : Format32 {
  static constexpr int kBlockBytes = 24;
  static constexpr int kZero = 0;
  static constexpr bool kHasMinimum = true;
  static SLINFER_INLINE void decode(const uint8_t* b, uint8_t* q, float* scale, float* minimum) {
    scale[0] = scale[1] = loadHalfScalar(b);
    minimum[0] = minimum[1] = loadHalfScalar(b + 2);
    splitNibbles(b + 8, q, q + 16, 16);
    addFifthBit(load32(b + 4), q);
  }
};

#if SLINFER_ISA_ID == 3
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

#endif
