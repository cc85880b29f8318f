// Products with Q4_0, Q4_1, Q5_0, Q5_1 and Q8_0 weights (see matmul_quantized.h).
#define SLINFER_KERNEL_FILE "matmul_legacy.cc"
#include "each_isa.h"

#include <algorithm>
#include <cstring>

#include "matmul_job.h"
#include "matmul_types.h"
#include "simd.h"
#include "tiles.h"

SLINFER_ISA_BEGIN

#include "decode.h"
#include "decode_legacy.h"
#include "matmul_quantized.h"

extern const WeightKernels kQ4_0 = quantizedType<Q4_0>(2);
extern const WeightKernels kQ4_1 = quantizedType<Q4_1>(3);
extern const WeightKernels kQ5_0 = quantizedType<Q5_0>(6);
extern const WeightKernels kQ5_1 = quantizedType<Q5_1>(7);
extern const WeightKernels kQ8_0 = quantizedType<Q8_0>(8);

SLINFER_ISA_END
