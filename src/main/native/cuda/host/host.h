// CUDA's words in plain C++, for tests without a GPU: one block at a time on one thread of the host, its threads as fibers that
// switch at barriers and at what a warp does together. Slow, exact in its rules: a barrier that not all reach, or shared memory that
// was not asked for, ends the launch with an error.
#ifndef SLINFER_HOST_H
#define SLINFER_HOST_H

#include <immintrin.h>
#include <math.h>
#include <string.h>

#define DEVICE static inline
#define MEMBER static inline __attribute__((always_inline))
#define SLINFER_KERNEL(name, Args, threads)                                          \
  static void name##_body(const Args& a);                                            \
  extern "C" __attribute__((visibility("default"))) void name(const void* args) {    \
    name##_body(*static_cast<const Args*>(args));                                    \
  }                                                                                  \
  static void name##_body(const Args& a)
#define SLINFER_SHARED(Type, name, bytes) Type* name = reinterpret_cast<Type*>(slinfer_host::shared(bytes))

namespace slinfer_host {

struct Index {
  unsigned x, y, z;
};
// Of the fiber that runs now.
extern Index thread, block, blockSize, gridSize;

void* shared(size_t bytes);
void syncBlock();
void syncWarp();

// A warp's exchange: every lane puts up to eight words in, the last to come runs `combine` once, all go on.
struct Exchange {
  alignas(64) uint32_t in[32][8];
  const void* address[32];
  alignas(64) float out[32][4];
};
Exchange& exchange();
int lane();
void together(void (*combine)(Exchange&));

}  // namespace slinfer_host

#define threadIdx slinfer_host::thread
#define blockIdx slinfer_host::block
#define blockDim slinfer_host::blockSize
#define gridDim slinfer_host::gridSize

DEVICE float halfToFloat(half_t bits) { return _cvtsh_ss(bits); }
DEVICE half_t floatToHalf(float x) { return _cvtss_sh(x, _MM_FROUND_TO_NEAREST_INT); }
DEVICE uint32_t halves(float low, float high) {
  return floatToHalf(low) | static_cast<uint32_t>(floatToHalf(high)) << 16;
}
DEVICE float lowOf(uint32_t x) { return halfToFloat(static_cast<half_t>(x)); }
DEVICE float highOf(uint32_t x) { return halfToFloat(static_cast<half_t>(x >> 16)); }
DEVICE uint32_t subtractHalves(uint32_t a, uint32_t b) { return halves(lowOf(a) - lowOf(b), highOf(a) - highOf(b)); }
DEVICE uint32_t multiplyHalves(uint32_t a, uint32_t b) { return halves(lowOf(a) * lowOf(b), highOf(a) * highOf(b)); }
DEVICE uint32_t fuseHalves(uint32_t a, uint32_t b, uint32_t c) {
  return halves(fmaf(lowOf(a), lowOf(b), lowOf(c)), fmaf(highOf(a), highOf(b), highOf(c)));
}
DEVICE uint32_t pickBytes(uint32_t a, uint32_t b, uint32_t selector) {
  const uint64_t bytes = a | static_cast<uint64_t>(b) << 32;
  uint32_t picked = 0;
  for (int i = 0; i < 4; i++) {
    const unsigned which = selector >> 4 * i & 7;
    picked |= static_cast<uint32_t>(bytes >> 8 * which & 0xFF) << 8 * i;
  }
  return picked;
}
DEVICE float fastExp(float x) { return expf(x); }

DEVICE void syncBlock() { slinfer_host::syncBlock(); }
DEVICE void syncWarp() { slinfer_host::syncWarp(); }
DEVICE float shuffleXor(float x, int lanes) {
  slinfer_host::Exchange& e = slinfer_host::exchange();
  const int lane = slinfer_host::lane();
  memcpy(&e.in[lane][0], &x, 4);
  slinfer_host::together(nullptr);
  float other;
  memcpy(&other, &e.in[lane ^ lanes][0], 4);
  slinfer_host::together(nullptr);
  return other;
}
DEVICE int shuffleXor(int x, int lanes) {
  float bits;
  memcpy(&bits, &x, 4);
  bits = shuffleXor(bits, lanes);
  memcpy(&x, &bits, 4);
  return x;
}

DEVICE void copyAsync16(void* shared, const void* global) { memcpy(shared, global, 16); }
DEVICE void commitCopies() {}
template <int kPending>
DEVICE void awaitCopies() {}

namespace slinfer_host {
void combineTile(Exchange& e);
}
DEVICE void multiplyTile(float (&c)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
  slinfer_host::Exchange& e = slinfer_host::exchange();
  const int lane = slinfer_host::lane();
  for (int i = 0; i < 4; i++) e.in[lane][i] = a[i];
  e.in[lane][4] = b0;
  e.in[lane][5] = b1;
  slinfer_host::together(slinfer_host::combineTile);
  for (int i = 0; i < 4; i++) c[i] += e.out[lane][i];
}
DEVICE void loadTiles(uint32_t (&r)[4], const void* shared) {
  slinfer_host::Exchange& e = slinfer_host::exchange();
  const int lane = slinfer_host::lane();
  e.address[lane] = shared;
  slinfer_host::together(nullptr);
  for (int tile = 0; tile < 4; tile++) {
    memcpy(&r[tile], static_cast<const char*>(e.address[8 * tile + lane / 4]) + 4 * (lane % 4), 4);
  }
  slinfer_host::together(nullptr);
}

#endif
