// The tables of product kernels of each instruction set.
#include "matmul_types.h"

#include "isa.h"
#include "kernels.h"

#define SLINFER_MATMUL_TABLE(isa, brainWeights, roundToBrain, tiles)                              \
  {                                                                                               \
    {&isa::kF32, &isa::kF16, &brainWeights, &isa::kQ4_0, &isa::kQ4_1, &isa::kQ5_0, &isa::kQ5_1,    \
     &isa::kQ8_0, &isa::kQ2_K, &isa::kQ3_K, &isa::kQ4_K, &isa::kQ5_K, &isa::kQ6_K, &isa::kIQ4_NL,  \
     &isa::kIQ4_XS, &isa::kMXFP4},                                                                \
        isa::quantizeItems, roundToBrain, TileKind::tiles                                                    \
  }

namespace slinfer {

extern const MatmulKernels baseline::kMatmul =
    SLINFER_MATMUL_TABLE(baseline, baseline::kBF16, nullptr, kNone);
#if SLINFER_X86
extern const MatmulKernels avx2::kMatmul = SLINFER_MATMUL_TABLE(avx2, avx2::kBF16, nullptr, kNone);
extern const MatmulKernels avx512::kMatmul = SLINFER_MATMUL_TABLE(avx512, avx512::kBF16, nullptr, kNone);
extern const MatmulKernels avx512bf16::kMatmul =
    SLINFER_MATMUL_TABLE(avx512, avx512bf16::kBF16, avx512bf16::roundItems, kNone);
extern const MatmulKernels amx::kMatmul =
    SLINFER_MATMUL_TABLE(avx512, avx512bf16::kBF16, avx512bf16::roundItems, kAmx);
extern const MatmulKernels amxemulated::kMatmul =
    SLINFER_MATMUL_TABLE(avx512, avx512bf16::kBF16, avx512bf16::roundItems, kEmulated);
#elif SLINFER_ARM
extern const MatmulKernels neon::kMatmul = SLINFER_MATMUL_TABLE(neon, neon::kBF16, nullptr, kNone);
extern const MatmulKernels neondot::kMatmul =
    SLINFER_MATMUL_TABLE(neondot, neondot::kBF16, nullptr, kNone);
#endif

}  // namespace slinfer
