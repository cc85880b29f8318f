// Products with Q2_K, Q3_K, Q4_K, Q5_K and Q6_K weights (see matmul_quantized.h).
#define SLINFER_KERNEL_FILE "matmul_k.cc"
#include "each_isa.h"

#include <algorithm>
#include <cstring>

#include "matmul_job.h"
#include "matmul_types.h"
#include "simd.h"
#include "tiles.h"

SLINFER_ISA_BEGIN

#include "decode.h"
#include "decode_k.h"
#include "matmul_quantized.h"

extern const WeightKernels kQ2_K = quantizedType<Q2_K>(10);
extern const WeightKernels kQ3_K = quantizedType<Q3_K>(11);
extern const WeightKernels kQ4_K = quantizedType<Q4_K>(12);
extern const WeightKernels kQ5_K = quantizedType<Q5_K>(13);
extern const WeightKernels kQ6_K = quantizedType<Q6_K>(14);

SLINFER_ISA_END
