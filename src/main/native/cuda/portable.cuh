// What the kernels are written in: CUDA, or, with SLINFER_HOST, plain C++ in which a block's threads are fibers (host/host.h).
// Float16 numbers are handled as bits, so that both ways share every line of the kernels.
#ifndef SLINFER_PORTABLE_CUH
#define SLINFER_PORTABLE_CUH

#include <stdint.h>

typedef uint16_t half_t;

#ifdef SLINFER_HOST
#include "host/host.h"
#else
#include <cuda_fp16.h>

#define DEVICE static __device__ __forceinline__
#define MEMBER static __device__ __forceinline__
// A kernel takes one struct by value.
#define SLINFER_KERNEL(name, Args, threads) \
  extern "C" __global__ void __launch_bounds__(threads) name(const __grid_constant__ Args a)
// The block's dynamic shared memory, of which the kernel uses `bytes`.
#define SLINFER_SHARED(Type, name, bytes)                \
  extern __shared__ __align__(16) uint8_t slinferShared[]; \
  Type* name = reinterpret_cast<Type*>(slinferShared)

DEVICE uint32_t asBits(__half2 x) { return *reinterpret_cast<uint32_t*>(&x); }
DEVICE __half2 asHalves(uint32_t x) { return *reinterpret_cast<__half2*>(&x); }
DEVICE uint32_t halves(float low, float high) { return asBits(__floats2half2_rn(low, high)); }
DEVICE float halfToFloat(half_t bits) { return __half2float(__ushort_as_half(bits)); }
DEVICE half_t floatToHalf(float x) { return __half_as_ushort(__float2half_rn(x)); }
DEVICE uint32_t subtractHalves(uint32_t a, uint32_t b) { return asBits(__hsub2(asHalves(a), asHalves(b))); }
DEVICE uint32_t multiplyHalves(uint32_t a, uint32_t b) { return asBits(__hmul2(asHalves(a), asHalves(b))); }
DEVICE uint32_t fuseHalves(uint32_t a, uint32_t b, uint32_t c) {
  return asBits(__hfma2(asHalves(a), asHalves(b), asHalves(c)));
}
DEVICE uint32_t pickBytes(uint32_t a, uint32_t b, uint32_t selector) { return __byte_perm(a, b, selector); }
DEVICE float fastExp(float x) { return __expf(x); }

DEVICE void syncBlock() { __syncthreads(); }
DEVICE void syncWarp() { __syncwarp(); }
DEVICE float shuffleXor(float x, int lanes) { return __shfl_xor_sync(0xFFFFFFFFu, x, lanes); }
DEVICE int shuffleXor(int x, int lanes) { return __shfl_xor_sync(0xFFFFFFFFu, x, lanes); }

// Sixteen bytes from global to shared memory, in the background; both ends aligned to 16.
DEVICE void copyAsync16(void* shared, const void* global) {
  const uint32_t to = static_cast<uint32_t>(__cvta_generic_to_shared(shared));
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(to), "l"(global) : "memory");
}
DEVICE void commitCopies() { asm volatile("cp.async.commit_group;" ::: "memory"); }
// Waits until at most `kPending` groups of this thread are under way.
template <int kPending>
DEVICE void awaitCopies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(kPending) : "memory");
}

// c += a x b on tensor cores: 16 x 8 of 16 products, float16 in, float32 sums. Lane 4 g + t holds of `a` rows g (a0, a2) and g + 8
// (a1, a3) at k = 2t, 2t+1 (a0, a1) and 2t+8, 2t+9; of `b` column g at the same k; of `c` rows g, g + 8 at columns 2t, 2t+1.
DEVICE void multiplyTile(float (&c)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

// Four 8 x 8 tiles of float16: lane i gives the address of row i % 8 of tile i / 8, and gets of each tile row lane / 4, numbers
// 2 (lane % 4) and the next.
DEVICE void loadTiles(uint32_t (&r)[4], const void* shared) {
  const uint32_t from = static_cast<uint32_t>(__cvta_generic_to_shared(shared));
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(from)
               : "memory");
}
#endif

constexpr int kWarp = 32;

struct Pair32 {
  uint32_t x, y;
};
struct alignas(16) Quad32 {
  uint32_t x, y, z, w;
};

DEVICE uint32_t load16(const uint8_t* p) { return *reinterpret_cast<const uint16_t*>(p); }
// Four bytes at an even address.
DEVICE uint32_t load32(const uint8_t* p) { return load16(p) | load16(p + 2) << 16; }
DEVICE float loadHalf(const uint8_t* p) { return halfToFloat(static_cast<half_t>(load16(p))); }

DEVICE float warpSum(float x) {
  for (int lanes = 16; lanes > 0; lanes /= 2) x += shuffleXor(x, lanes);
  return x;
}
DEVICE float warpMax(float x) {
  for (int lanes = 16; lanes > 0; lanes /= 2) x = fmaxf(x, shuffleXor(x, lanes));
  return x;
}

// The sum over a block of at most 1024 threads; every thread gets it. `scratch` holds 32 numbers.
DEVICE float blockSum(float x, float* scratch) {
  x = warpSum(x);
  syncBlock();
  if (threadIdx.x % kWarp == 0) scratch[threadIdx.x / kWarp] = x;
  syncBlock();
  float sum = 0;
  for (unsigned w = 0; w < blockDim.x / kWarp; w++) sum += scratch[w];
  return sum;
}
DEVICE float blockMax(float x, float* scratch) {
  x = warpMax(x);
  syncBlock();
  if (threadIdx.x % kWarp == 0) scratch[threadIdx.x / kWarp] = x;
  syncBlock();
  float most = scratch[0];
  for (unsigned w = 1; w < blockDim.x / kWarp; w++) most = fmaxf(most, scratch[w]);
  return most;
}

// A power of two by which a row is divided before it is rounded to float16, so that its greatest number lies near 2^10: neither
// overflow nor lost small numbers, whatever a model's activations are.
DEVICE float rowScale(float greatest) {
  if (!(greatest > 0) || greatest > 3e38f) return 1;
  int exponent;
  frexpf(greatest, &exponent);
  const int shift = exponent - 11 < -100 ? -100 : exponent - 11;
  return ldexpf(1.0f, shift);
}

#endif
