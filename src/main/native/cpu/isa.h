// Which instruction sets this build has, and the regions of code compiled for each.
//
// A kernel file is compiled once for each: it names itself in SLINFER_KERNEL_FILE, includes each_isa.h,
// and writes its code between SLINFER_ISA_BEGIN and SLINFER_ISA_END. The target is a pragma, so no file
// needs flags of its own, and nothing of a stronger set can leak into a shared inline function.
#ifndef SLINFER_ISA_H
#define SLINFER_ISA_H

#if defined(__x86_64__)
#include <immintrin.h>
#define SLINFER_X86 1
#define SLINFER_ARM 0
#elif defined(__aarch64__)
#include <arm_neon.h>
#define SLINFER_X86 0
#define SLINFER_ARM 1
#else
#define SLINFER_X86 0
#define SLINFER_ARM 0
#endif

#include "pool.h"

#define SLINFER_AVX2_TARGET "avx2,fma,f16c"
#define SLINFER_AVX512_TARGET \
  "avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,prefer-vector-width=512"

#define SLINFER_AVX512_BF16_TARGET \
  "avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512bf16,prefer-vector-width=512"
#define SLINFER_NEON_DOT_TARGET "arch=armv8.2-a+dotprod"

#define SLINFER_PRAGMA(text) _Pragma(#text)
#define SLINFER_TARGET_BEGIN(features) \
  SLINFER_PRAGMA(GCC push_options)   \
  SLINFER_PRAGMA(GCC target(features))
#define SLINFER_TARGET_END SLINFER_PRAGMA(GCC pop_options)

#define SLINFER_INLINE inline __attribute__((always_inline))

#endif
