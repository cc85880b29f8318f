// How weights lie in a GGUF file, eight at a time. A row is cut into chunks of 32 weights; part t (0 to 3) of a chunk is eight of them:
// weights 8t to 8t+7, or, where a byte holds weights i and i + 16 (kSplit), 4t to 4t+3 and 16+4t to 16+4t+3. codes() gives them as
// unsigned bytes; a weight is (code - kZero) x scale - minimum. Layouts: ggml's blocks; MXFP4: the OCP Microscaling specification.
#ifndef SLINFER_FORMATS_CUH
#define SLINFER_FORMATS_CUH

#include "portable.cuh"

// The numbers that the codes of IQ4_NL and IQ4_XS, and of MXFP4 (doubled), stand for, plus 128: four to a word.
struct Nonlinear {
  static constexpr uint32_t kTable[4] = {0x3F2D1801, 0x766A5D4F, 0xA6998D81, 0xF1D9C5B5};
};
struct Doubled {
  static constexpr uint32_t kTable[4] = {0x83828180, 0x8C888684, 0x7D7E7F80, 0x74787A7C};
};

// Looks four codes (0 to 15, a byte each) up.
template <class Table>
DEVICE uint32_t lookUp(uint32_t codes) {
  const uint32_t packed = (codes & 0xF) | (codes >> 4 & 0xF0) | (codes >> 8 & 0xF00) | (codes >> 12 & 0xF000);
  const uint32_t low = pickBytes(Table::kTable[0], Table::kTable[1], packed & 0x7777);
  const uint32_t high = pickBytes(Table::kTable[2], Table::kTable[3], packed & 0x7777);
  const uint32_t isHigh = (codes >> 3 & 0x01010101) * 0xFF;
  return (low & ~isHigh) | (high & isHigh);
}

// Bit i of `bits` as bit `kTo` of byte i, for four bits.
template <int kTo>
DEVICE uint32_t spreadBits(uint32_t bits) {
  return ((bits & 1) | (bits & 2) << 7 | (bits & 4) << 14 | (bits & 8) << 21) << kTo;
}

template <int kBytes, int kZeroCode, bool kHasMinimumOfItsOwn = false>
struct Format32 {
  static constexpr bool kFloat = false;
  static constexpr int kBlockBytes = kBytes;
  static constexpr int kChunksPerBlock = 1;
  static constexpr int kStageChunks = 8;
  static constexpr bool kSplit = true;
  static constexpr int kZero = kZeroCode;
  static constexpr bool kMinimum = kHasMinimumOfItsOwn;
};
template <int kBytes, int kZeroCode, bool kHasMinimumOfItsOwn = false>
struct Format256 : Format32<kBytes, kZeroCode, kHasMinimumOfItsOwn> {
  static constexpr int kChunksPerBlock = 8;
  static constexpr bool kSplit = false;
};

DEVICE void splitNibbles(uint32_t bytes, uint32_t (&q)[2]) {
  q[0] = bytes & 0x0F0F0F0F;
  q[1] = bytes >> 4 & 0x0F0F0F0F;
}

struct Q8_0 : Format32<34, 128> {
  static constexpr int kStageChunks = 4;
  static constexpr bool kSplit = false;
  MEMBER void codes(const uint8_t* b, int, int t, uint32_t (&q)[2], float& scale, float&) {
    scale = loadHalf(b);
    q[0] = load32(b + 2 + 8 * t) ^ 0x80808080;
    q[1] = load32(b + 6 + 8 * t) ^ 0x80808080;
  }
};

struct Q4_0 : Format32<18, 8> {
  MEMBER void codes(const uint8_t* b, int, int t, uint32_t (&q)[2], float& scale, float&) {
    scale = loadHalf(b);
    splitNibbles(load32(b + 2 + 4 * t), q);
  }
};

struct Q4_1 : Format32<20, 0, true> {
  MEMBER void codes(const uint8_t* b, int, int t, uint32_t (&q)[2], float& scale, float& minimum) {
    scale = loadHalf(b);
    minimum = -loadHalf(b + 2);
    splitNibbles(load32(b + 4 + 4 * t), q);
  }
};

DEVICE void addFifthBits(uint32_t bits, int t, uint32_t (&q)[2]) {
  q[0] |= spreadBits<4>(bits >> 4 * t & 15);
  q[1] |= spreadBits<4>(bits >> (16 + 4 * t) & 15);
}

struct Q5_0 : Format32<22, 16> {
  MEMBER void codes(const uint8_t* b, int, int t, uint32_t (&q)[2], float& scale, float&) {
    scale = loadHalf(b);
    splitNibbles(load32(b + 6 + 4 * t), q);
    addFifthBits(load32(b + 2), t, q);
  }
};

struct Q5_1 : Format32<24, 0, true> {
  MEMBER void codes(const uint8_t* b, int, int t, uint32_t (&q)[2], float& scale, float& minimum) {
    scale = loadHalf(b);
    minimum = -loadHalf(b + 2);
    splitNibbles(load32(b + 8 + 4 * t), q);
    addFifthBits(load32(b + 4), t, q);
  }
};

struct IQ4_NL : Format32<18, 128> {
  MEMBER void codes(const uint8_t* b, int, int t, uint32_t (&q)[2], float& scale, float&) {
    scale = loadHalf(b);
    splitNibbles(load32(b + 2 + 4 * t), q);
    q[0] = lookUp<Nonlinear>(q[0]);
    q[1] = lookUp<Nonlinear>(q[1]);
  }
};

struct MXFP4 : Format32<17, 128> {
  MEMBER void codes(const uint8_t* b, int, int t, uint32_t (&q)[2], float& scale, float&) {
    // Half of 2 to the power of (exponent - 127), as the table is doubled.
    scale = ldexpf(1.0f, static_cast<int>(b[0]) - 128);
    const uint8_t* p = b + 1 + 4 * t;
    splitNibbles(p[0] | p[1] << 8 | p[2] << 16 | static_cast<uint32_t>(p[3]) << 24, q);
    q[0] = lookUp<Doubled>(q[0]);
    q[1] = lookUp<Doubled>(q[1]);
  }
};

struct Q2_K : Format256<84, 0, true> {
  MEMBER void codes(const uint8_t* b, int c, int t, uint32_t (&q)[2], float& scale, float& minimum) {
    const int packed = b[2 * c + t / 2];
    scale = loadHalf(b + 80) * static_cast<float>(packed & 15);
    minimum = loadHalf(b + 82) * static_cast<float>(packed >> 4);
    const uint8_t* bits = b + 16 + 32 * (c / 4) + 8 * t;
    q[0] = load32(bits) >> 2 * (c % 4) & 0x03030303;
    q[1] = load32(bits + 4) >> 2 * (c % 4) & 0x03030303;
  }
};

struct Q3_K : Format256<110, 4> {
  MEMBER void codes(const uint8_t* b, int c, int t, uint32_t (&q)[2], float& scale, float&) {
    const int sub = 2 * c + t / 2;
    const int low = b[96 + sub % 8] >> 4 * (sub / 8) & 15;
    const int high = b[104 + sub % 4] >> 2 * (sub / 4) & 3;
    scale = loadHalf(b + 108) * static_cast<float>((high << 4 | low) - 32);
    const uint8_t* bits = b + 32 + 32 * (c / 4) + 8 * t;
    for (int i = 0; i < 2; i++) {
      q[i] = (load32(bits + 4 * i) >> 2 * (c % 4) & 0x03030303) |
             (load32(b + 8 * t + 4 * i) >> c & 0x01010101) << 2;
    }
  }
};

// Scale and minimum of chunk c from the twelve bytes of six-bit numbers of Q4_K and Q5_K.
DEVICE void sixBits(const uint8_t* b, int c, float& scale, float& minimum) {
  const uint8_t* p = b + 4;
  const int s = c < 4 ? p[c] & 63 : (p[c + 4] & 15) | p[c - 4] >> 6 << 4;
  const int m = c < 4 ? p[c + 4] & 63 : p[c + 4] >> 4 | p[c] >> 6 << 4;
  scale = loadHalf(b) * static_cast<float>(s);
  minimum = loadHalf(b + 2) * static_cast<float>(m);
}

struct Q4_K : Format256<144, 0, true> {
  MEMBER void codes(const uint8_t* b, int c, int t, uint32_t (&q)[2], float& scale, float& minimum) {
    sixBits(b, c, scale, minimum);
    const uint8_t* bits = b + 16 + 32 * (c / 2) + 8 * t;
    q[0] = load32(bits) >> 4 * (c % 2) & 0x0F0F0F0F;
    q[1] = load32(bits + 4) >> 4 * (c % 2) & 0x0F0F0F0F;
  }
};

struct Q5_K : Format256<176, 0, true> {
  MEMBER void codes(const uint8_t* b, int c, int t, uint32_t (&q)[2], float& scale, float& minimum) {
    sixBits(b, c, scale, minimum);
    const uint8_t* bits = b + 48 + 32 * (c / 2) + 8 * t;
    const uint8_t* fifth = b + 16 + 8 * t;
    for (int i = 0; i < 2; i++) {
      q[i] = (load32(bits + 4 * i) >> 4 * (c % 2) & 0x0F0F0F0F) |
             (load32(fifth + 4 * i) >> c & 0x01010101) << 4;
    }
  }
};

struct Q6_K : Format256<210, 32> {
  MEMBER void codes(const uint8_t* b, int c, int t, uint32_t (&q)[2], float& scale, float&) {
    const int half = c / 4, part = c % 4;
    scale = loadHalf(b + 208) * static_cast<float>(static_cast<int8_t>(b[192 + 2 * c + t / 2]));
    const uint8_t* low = b + 64 * half + 32 * (part % 2) + 8 * t;
    const uint8_t* high = b + 128 + 32 * half + 8 * t;
    for (int i = 0; i < 2; i++) {
      q[i] = (load32(low + 4 * i) >> 4 * (part / 2) & 0x0F0F0F0F) |
             (load32(high + 4 * i) >> 2 * part & 0x03030303) << 4;
    }
  }
};

struct IQ4_XS : Format256<136, 128> {
  static constexpr bool kSplit = true;
  MEMBER void codes(const uint8_t* b, int c, int t, uint32_t (&q)[2], float& scale, float&) {
    const int low = b[4 + c / 2] >> 4 * (c % 2) & 15;
    const int high = static_cast<int>(load16(b + 2)) >> 2 * c & 3;
    scale = loadHalf(b) * static_cast<float>((high << 4 | low) - 32);
    splitNibbles(load32(b + 8 + 16 * c + 4 * t), q);
    q[0] = lookUp<Nonlinear>(q[0]);
    q[1] = lookUp<Nonlinear>(q[1]);
  }
};

// Plain numbers: a block is one chunk.
template <int kBytes>
struct FloatFormat {
  static constexpr bool kFloat = true;
  static constexpr int kBlockBytes = 32 * kBytes;
  static constexpr int kChunksPerBlock = 1;
  static constexpr int kStageChunks = 2;
  static constexpr bool kSplit = false;
};

struct F16 : FloatFormat<2> {
  MEMBER float value(const uint8_t* b, int i) { return loadHalf(b + 2 * i); }
  MEMBER uint32_t pair(const uint8_t* b, int i) { return load32(b + 2 * i); }
};
struct BF16 : FloatFormat<2> {
  MEMBER float value(const uint8_t* b, int i) {
    const uint32_t bits = load16(b + 2 * i) << 16;
    float x;
    memcpy(&x, &bits, 4);
    return x;
  }
  MEMBER uint32_t pair(const uint8_t* b, int i) { return halves(value(b, i), value(b, i + 1)); }
};
struct F32 : FloatFormat<4> {
  static constexpr int kStageChunks = 1;
  MEMBER float value(const uint8_t* b, int i) {
    const uint32_t bits = load32(b + 4 * i);
    float x;
    memcpy(&x, &bits, 4);
    return x;
  }
  MEMBER uint32_t pair(const uint8_t* b, int i) { return halves(value(b, i), value(b, i + 1)); }
};

// Where in a row the block of a chunk starts, in bytes.
template <class F>
DEVICE int64_t chunkOffset(int chunk) {
  return static_cast<int64_t>(chunk / F::kChunksPerBlock) * F::kBlockBytes;
}

// The weight of part t that stands at index i (0 to 7): its place in the chunk.
template <class F>
DEVICE int placeOf(int t, int i) {
  return F::kSplit ? (i < 4 ? 4 * t + i : 12 + 4 * t + i) : 8 * t + i;
}

// Eight weights as pairs of float16.
template <class F>
DEVICE void decodeHalves(const uint8_t* b, int c, int t, uint32_t (&pairs)[4]) {
  if constexpr (F::kFloat) {
#pragma unroll
    for (int i = 0; i < 4; i++) pairs[i] = F::pair(b, 8 * t + 2 * i);
  } else {
    uint32_t q[2];
    float scale, minimum = 0;
    F::codes(b, c, t, q, scale, minimum);
    // 0x6400 + code is the float16 1024 + code, exactly.
    const uint32_t zero = 0x64006400u + 0x00010001u * F::kZero;
    const uint32_t scales = halves(scale, scale);
    const uint32_t minima = halves(-minimum, -minimum);
#pragma unroll
    for (int i = 0; i < 4; i++) {
      const uint32_t whole = subtractHalves(pickBytes(q[i / 2], 0x64646464, i % 2 ? 0x4342 : 0x4140), zero);
      pairs[i] = F::kMinimum ? fuseHalves(whole, scales, minima) : multiplyHalves(whole, scales);
    }
  }
}

// Eight weights as float32, exactly as the format says.
template <class F>
DEVICE void decodeFloats(const uint8_t* b, int c, int t, float (&out)[8]) {
  if constexpr (F::kFloat) {
    for (int i = 0; i < 8; i++) out[i] = F::value(b, 8 * t + i);
  } else {
    uint32_t q[2];
    float scale, minimum = 0;
    F::codes(b, c, t, q, scale, minimum);
    for (int i = 0; i < 8; i++) {
      const int code = static_cast<int>(q[i / 4] >> 8 * (i % 4) & 0xFF) - F::kZero;
      out[i] = static_cast<float>(code) * scale - minimum;
    }
  }
}

#define SLINFER_EACH_FORMAT(X) \
  X(F32) X(F16) X(BF16) X(Q8_0) X(Q4_0) X(Q4_1) X(Q5_0) X(Q5_1) X(Q2_K) X(Q3_K) X(Q4_K) X(Q5_K) X(Q6_K) X(IQ4_NL) X(IQ4_XS) X(MXFP4)

#endif
