// Tile registers of AMX: the few instructions that the kernels use, and the same in portable code, so that
// the kernels over them are checked on machines without AMX (where only the instructions are unproven).
//
// A tile has up to 16 rows of up to 64 bytes. Products: row m of the sums, 32-bit number n, gains the sum
// over k of row m of the activations times row k of the weights, where a row of weights holds for each n
// four bytes (or two bfloat16) that meet those of the activations at the same k.
#ifndef SLINFER_TILES_H
#define SLINFER_TILES_H

#include <cstdint>
#include <cstring>

#include "half.h"
#include "isa.h"

#if SLINFER_X86

namespace slinfer {

constexpr int kTileRegisters = 8;
constexpr int kMostTileRows = 16;
constexpr int kTileRowBytes = 64;

// The operand of ldtilecfg.
struct alignas(64) TileShapes {
  uint8_t palette = 1;
  uint8_t startRow = 0;
  uint8_t reserved0[14] = {};
  uint16_t rowBytes[kTileRegisters] = {};
  uint8_t reserved1[16] = {};
  uint8_t rows[kTileRegisters] = {};
  uint8_t reserved2[8] = {};

  void set(int tile, int tileRows, int bytes) {
    rows[tile] = static_cast<uint8_t>(tileRows);
    rowBytes[tile] = static_cast<uint16_t>(bytes);
  }
};
static_assert(sizeof(TileShapes) == 64, "as the instruction reads it");

// The instructions. A shape that is not set must not be used.
struct AmxTiles {
  static SLINFER_INLINE void configure(const TileShapes& shapes) {
    asm volatile("ldtilecfg %0" ::"m"(shapes));
  }
  static SLINFER_INLINE void release() { asm volatile("tilerelease" ::); }
  template <int kTile>
  static SLINFER_INLINE void zero() {
    asm volatile("tilezero %%tmm%c0" ::"i"(kTile));
  }
  template <int kTile>
  static SLINFER_INLINE void load(const void* from, int64_t strideBytes) {
    asm volatile("tileloadd (%0,%1), %%tmm%c2" ::"r"(from), "r"(strideBytes), "i"(kTile) : "memory");
  }
  template <int kTile>
  static SLINFER_INLINE void store(void* to, int64_t strideBytes) {
    asm volatile("tilestored %%tmm%c2, (%0,%1)" ::"r"(to), "r"(strideBytes), "i"(kTile) : "memory");
  }
  // Signed bytes of x, unsigned bytes of w.
  template <int kSums, int kX, int kW>
  static SLINFER_INLINE void addBytes() {
    asm volatile("tdpbsud %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(kSums), "i"(kX), "i"(kW));
  }
  template <int kSums, int kX, int kW>
  static SLINFER_INLINE void addBrain() {
    asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(kSums), "i"(kX), "i"(kW));
  }
};

// The same for one thread in memory.
struct EmulatedTiles {
  struct Registers {
    TileShapes shapes;
    uint8_t data[kTileRegisters][kMostTileRows][kTileRowBytes];
  };
  static inline thread_local Registers registers;

  static void configure(const TileShapes& shapes) {
    registers.shapes = shapes;
    std::memset(registers.data, 0, sizeof(registers.data));
  }
  static void release() { configure(TileShapes()); }
  template <int kTile>
  static void zero() {
    std::memset(registers.data[kTile], 0, sizeof(registers.data[kTile]));
  }
  template <int kTile>
  static void load(const void* from, int64_t strideBytes) {
    zero<kTile>();
    for (int row = 0; row < registers.shapes.rows[kTile]; row++) {
      std::memcpy(registers.data[kTile][row], static_cast<const uint8_t*>(from) + row * strideBytes,
                  registers.shapes.rowBytes[kTile]);
    }
  }
  template <int kTile>
  static void store(void* to, int64_t strideBytes) {
    for (int row = 0; row < registers.shapes.rows[kTile]; row++) {
      std::memcpy(static_cast<uint8_t*>(to) + row * strideBytes, registers.data[kTile][row],
                  registers.shapes.rowBytes[kTile]);
    }
  }
  template <int kSums, int kX, int kW>
  static void addBytes() {
    add<kSums, kX, kW, int32_t>([](int32_t sum, const uint8_t* x, const uint8_t* w) {
      for (int i = 0; i < 4; i++) sum += static_cast<int8_t>(x[i]) * static_cast<int>(w[i]);
      return sum;
    });
  }
  template <int kSums, int kX, int kW>
  static void addBrain() {
    add<kSums, kX, kW, float>([](float sum, const uint8_t* x, const uint8_t* w) {
      for (int i = 0; i < 2; i++) sum += brain(x + 2 * i) * brain(w + 2 * i);
      return sum;
    });
  }

 private:
  static float brain(const uint8_t* p) {
    uint16_t bits;
    std::memcpy(&bits, p, 2);
    return brainToFloat(bits);
  }

  template <int kSums, int kX, int kW, class Number, class Sum>
  static void add(Sum sumOfFour) {
    const TileShapes& shapes = registers.shapes;
    for (int m = 0; m < shapes.rows[kSums]; m++) {
      for (int n = 0; n < shapes.rowBytes[kSums] / 4; n++) {
        Number sum;
        std::memcpy(&sum, &registers.data[kSums][m][4 * n], 4);
        for (int k = 0; k < shapes.rowBytes[kX] / 4; k++) {
          sum = sumOfFour(sum, &registers.data[kX][m][4 * k], &registers.data[kW][k][4 * n]);
        }
        std::memcpy(&registers.data[kSums][m][4 * n], &sum, 4);
      }
    }
  }
};

// What the tiles are for: products of one tile of activations with two of weights, side by side.
enum TileUse { kLeftSums, kRightSums, kActivationTile, kLeftWeights, kRightWeights };

// Tiles for `rows` rows of activations, `bytes` bytes (a multiple of 4) of each at a time.
inline TileShapes tileShapes(int rows, int bytes) {
  TileShapes shapes;
  shapes.set(kLeftSums, rows, kTileRowBytes);
  shapes.set(kRightSums, rows, kTileRowBytes);
  shapes.set(kActivationTile, rows, bytes);
  shapes.set(kLeftWeights, bytes / 4, kTileRowBytes);
  shapes.set(kRightWeights, bytes / 4, kTileRowBytes);
  return shapes;
}

template <class Tiles>
SLINFER_INLINE void clearSums() {
  Tiles::template zero<kLeftSums>();
  Tiles::template zero<kRightSums>();
}

// Loads both factors: rows of x, rows of 128 bytes of weights.
template <class Tiles>
SLINFER_INLINE void loadFactors(const void* x, int64_t xStrideBytes, const void* weights) {
  Tiles::template load<kActivationTile>(x, xStrideBytes);
  Tiles::template load<kLeftWeights>(weights, 2 * kTileRowBytes);
  Tiles::template load<kRightWeights>(static_cast<const uint8_t*>(weights) + kTileRowBytes,
                                      2 * kTileRowBytes);
}

// The sums as rows of 32 numbers.
template <class Tiles>
SLINFER_INLINE void storeSums(void* sums) {
  Tiles::template store<kLeftSums>(sums, 2 * kTileRowBytes);
  Tiles::template store<kRightSums>(static_cast<uint8_t*>(sums) + kTileRowBytes, 2 * kTileRowBytes);
}

}  // namespace slinfer

#endif  // SLINFER_X86

#endif
