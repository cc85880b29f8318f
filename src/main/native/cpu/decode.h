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

SLINFER_INLINE void lookUp(const uint8_t* table, uint8_t* q, int count) {
  for (int i = 0; i < count; i++) q[i] = table[q[i]];
}

SLINFER_INLINE uint32_t load32(const uint8_t* source) {
  uint32_t value;
  std::memcpy(&value, source, 4);
  return value;
}

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
#include "decode_avx512.h"
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
