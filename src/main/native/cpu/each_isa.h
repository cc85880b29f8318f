// Included by a kernel file after it defined SLINFER_KERNEL_FILE: compiles that file once for each
// instruction set. SLINFER_ISA is the namespace, SLINFER_ISA_ID the number from pool.h.
// No include guard: it acts by the state of its macros.
#include "isa.h"

#ifndef SLINFER_ISA

#if SLINFER_X86
#define SLINFER_ISA avx512
#define SLINFER_ISA_ID 3
#define SLINFER_ISA_BEGIN SLINFER_TARGET_BEGIN(SLINFER_AVX512_TARGET) namespace slinfer { namespace avx512 {
#define SLINFER_ISA_END } } SLINFER_TARGET_END
#include SLINFER_KERNEL_FILE
#undef SLINFER_ISA
#undef SLINFER_ISA_ID
#undef SLINFER_ISA_BEGIN
#undef SLINFER_ISA_END

#define SLINFER_ISA avx2
#define SLINFER_ISA_ID 2
#define SLINFER_ISA_BEGIN SLINFER_TARGET_BEGIN(SLINFER_AVX2_TARGET) namespace slinfer { namespace avx2 {
#define SLINFER_ISA_END } } SLINFER_TARGET_END
#include SLINFER_KERNEL_FILE
#undef SLINFER_ISA
#undef SLINFER_ISA_ID
#undef SLINFER_ISA_BEGIN
#undef SLINFER_ISA_END
#elif SLINFER_ARM
#define SLINFER_ISA neondot
#define SLINFER_ISA_ID 6
#define SLINFER_ISA_BEGIN SLINFER_TARGET_BEGIN(SLINFER_NEON_DOT_TARGET) namespace slinfer { namespace neondot {
#define SLINFER_ISA_END } } SLINFER_TARGET_END
#include SLINFER_KERNEL_FILE
#undef SLINFER_ISA
#undef SLINFER_ISA_ID
#undef SLINFER_ISA_BEGIN
#undef SLINFER_ISA_END

#define SLINFER_ISA neon
#define SLINFER_ISA_ID 5
#define SLINFER_ISA_BEGIN namespace slinfer { namespace neon {
#define SLINFER_ISA_END } }
#include SLINFER_KERNEL_FILE
#undef SLINFER_ISA
#undef SLINFER_ISA_ID
#undef SLINFER_ISA_BEGIN
#undef SLINFER_ISA_END
#endif

// The last pass is the file itself, which goes on after its include of this header.
#define SLINFER_ISA baseline
#define SLINFER_ISA_ID 1
#define SLINFER_ISA_BEGIN namespace slinfer { namespace baseline {
#define SLINFER_ISA_END } }

#endif
