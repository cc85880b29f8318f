// A pool of threads with the kernels of one instruction set. Not thread-safe: one owner thread calls,
// and takes part in the work.
#ifndef SLINFER_POOL_H
#define SLINFER_POOL_H

#include "status.h"

typedef struct slinfer_pool slinfer_pool;

// Instruction sets. AUTO takes the best that CPU and operating system
// both support.
enum slinfer_isa {
  SLINFER_ISA_AUTO = 0,
  SLINFER_ISA_BASELINE = 1,     // what the compiler assumes of any CPU of this kind; portable code
  SLINFER_ISA_AVX2 = 2,         // with FMA and F16C
  SLINFER_ISA_AVX512 = 3,       // F, BW, DQ, VL and VNNI
  SLINFER_ISA_AVX512_BF16 = 4,  // and BF16
  SLINFER_ISA_NEON = 5,         // of any aarch64
  SLINFER_ISA_NEON_DOT = 6,     // with the products of bytes of Armv8.2
  SLINFER_ISA_AMX = 7,          // AVX512_BF16, and tiles of int8 and BF16
  SLINFER_ISA_AMX_EMULATED = 8, // the same kernels over tiles in portable code, for checks; never taken by AUTO
};

// The best instruction set of this machine.
SLINFER_API int32_t slinfer_best_isa(void);

// 1 if this machine has the instruction set, else 0.
SLINFER_API int32_t slinfer_has_isa(int32_t isa);

// Starts threads - 1 threads (the caller is one of them) and writes the pool's address.
SLINFER_API int32_t slinfer_pool_create(int32_t threads, int32_t isa, slinfer_pool** pool);

// Ends the threads and frees the pool.
SLINFER_API int32_t slinfer_pool_destroy(slinfer_pool* pool);

// Between the two, idle threads wait awake for a short while; outside they sleep at once.
SLINFER_API int32_t slinfer_pool_begin_step(slinfer_pool* pool);
SLINFER_API int32_t slinfer_pool_end_step(slinfer_pool* pool);

// The instruction set in use.
SLINFER_API int32_t slinfer_pool_isa(const slinfer_pool* pool);

#endif
