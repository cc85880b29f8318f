// Vectors of each instruction set under the same names, in a namespace each: F32 and I32 of kLanes
// numbers, Bytes of 4 x kLanes bytes. Arithmetic and comparisons are the operators of the compiler's
// vector extension; a comparison gives an I32 of 0 and -1.
#ifndef SLINFER_SIMD_H
#define SLINFER_SIMD_H

#include "half.h"
#include "isa.h"
#include "simd_baseline.h"

#if SLINFER_X86
#include "simd_avx2.h"
#include "simd_avx512.h"
#elif SLINFER_ARM
#include "simd_neon.h"
#endif

#endif
