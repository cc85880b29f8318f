// Products with IQ4_NL, IQ4_XS and MXFP4 weights (see matmul_quantized.h).
#define SLINFER_KERNEL_FILE "matmul_lookup.cc"
#include "each_isa.h"

#include <algorithm>
#include <cstring>

#include "matmul_job.h"
#include "matmul_types.h"
#include "simd.h"
#include "tiles.h"

SLINFER_ISA_BEGIN

#include "decode.h"
#include "decode_lookup.h"
#include "matmul_quantized.h"

extern const WeightKernels kIQ4_NL = quantizedType<IQ4_NL>(20);
extern const WeightKernels kIQ4_XS = quantizedType<IQ4_XS>(23);
extern const WeightKernels kMXFP4 = quantizedType<MXFP4>(39);

SLINFER_ISA_END
