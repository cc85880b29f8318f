// Block formats of quantised weights, decoded to one common form, in the namespace of SLINFER_ISA.
// Included once a pass (see each_isa.h), between SLINFER_ISA_BEGIN and SLINFER_ISA_END.
//
// A chunk is 256 neighbouring weights of a row: bytes q in their natural order, and for each group of
// 16 a scale and (kHasMinimum) a minimum: weight = scale x (q - kZero) + minimum. A format says:
//   kBlock, kBlockBytes   numbers and bytes of a block, as in the file
//   kGroup                32 where neighbouring groups of 16 always share scale and minimum, else 16
//   kZero                 what is subtracted from q
//   kWide                 q goes beyond 127 (kZero is 128 then)
//   decode(source, q, scale, minimum)   one block
// Source of the layouts: the block structures of the GGUF types as published with ggml.

struct Format32 {
  static constexpr int kBlock = 32;
  static constexpr int kGroup = 32;
  static constexpr bool kHasMinimum = false;
  static constexpr bool kWide = false;
};

struct Format256 {
  static constexpr int kBlock = 256;
  static constexpr int kGroup = 16;
  static constexpr bool kHasMinimum = false;
  static constexpr bool kWide = false;
  static constexpr int kZero = 0;
};

SLINFER_INLINE void splitNibbles(const uint8_t* source, uint8_t* low, uint8_t* high, int count) {
  for (int i = 0; i < count; i++) {
    low[i] = source[i] & 15;
    high[i] = source[i] >> 4;
  }
}

SLINFER_INLINE uint32_t load32(const uint8_t* source) {
  uint32_t value;
  std::memcpy(&value, source, 4);
  return value;
}

// A decoded chunk. Vector v of q holds bytes 4 x kLanes x v and on.
struct Chunk {
  static constexpr int kVectors = 64 / kLanes;
  static constexpr int kScaleVectors = 16 / kLanes;
  Bytes q[kVectors];
  F32 scale[kScaleVectors];
  F32 minimum[kScaleVectors];
};

// Decodes a whole chunk by way of memory; formats with a decoder of their own for an instruction set
// specialise it.
template <class Format>
struct ChunkDecoder {
  static SLINFER_INLINE void decode(const uint8_t* source, Chunk& chunk) {
    alignas(64) uint8_t q[256];
    alignas(64) float scale[16];
    alignas(64) float minimum[16];
    constexpr int kBlocks = 256 / Format::kBlock;
    for (int block = 0; block < kBlocks; block++) {
      Format::decode(source + block * Format::kBlockBytes, q + block * Format::kBlock,
                     scale + block * (Format::kBlock / 16), minimum + block * (Format::kBlock / 16));
    }
    for (int v = 0; v < Chunk::kVectors; v++) chunk.q[v] = loadBytes(q + 4 * kLanes * v);
    for (int v = 0; v < Chunk::kScaleVectors; v++) {
      chunk.scale[v] = load(scale + kLanes * v);
      if (Format::kHasMinimum) chunk.minimum[v] = load(minimum + kLanes * v);
    }
  }
};

#if SLINFER_ISA_ID == 3
// Parts of the decoders for AVX-512, which stay in registers.

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

#endif

template <class Format>
constexpr int kChunkBytes = 256 / Format::kBlock * Format::kBlockBytes;

// Decodes chunk number `chunk` of a row of `columns` weights; what lies beyond the row is zeros of
// weight (the activations are zero there, so their scales do not matter).
template <class Format>
SLINFER_INLINE void decodeChunk(const uint8_t* row, int chunk, int columns, Chunk& decoded) {
  const uint8_t* source = row + static_cast<int64_t>(chunk) * kChunkBytes<Format>;
  if (Format::kBlock == 256 || (chunk + 1) * 256 <= columns) {
    ChunkDecoder<Format>::decode(source, decoded);
    return;
  }
  alignas(64) uint8_t padded[kChunkBytes<Format>] = {};
  std::memcpy(padded, source, (columns - chunk * 256) / Format::kBlock * Format::kBlockBytes);
  ChunkDecoder<Format>::decode(padded, decoded);
}
