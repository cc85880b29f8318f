// The kernels of each instruction set as tables of functions; dispatch.cc chooses among them.
#ifndef SLINFER_KERNELS_H
#define SLINFER_KERNELS_H

#include <cstdint>

#include "attention.h"
#include "matmul_types.h"
#include "rows.h"

namespace slinfer {

class ThreadPool;

struct AttentionKernels {
  int32_t (*storeKv)(ThreadPool& pool, const slinfer_kv_shape& shape, const slinfer_kv_batch& batch,
                     const float* k, const float* v);
  int32_t (*attention)(ThreadPool& pool, const slinfer_kv_shape& shape,
                       const slinfer_kv_batch& batch, const slinfer_attention_options& options,
                       const float* q, float* out);
};

struct RowKernels {
  void (*rmsNorm)(ThreadPool& pool, const float* x, const float* weight, float epsilon, int rows,
                  int columns, float* out);
  void (*layerNorm)(ThreadPool& pool, const float* x, const float* weight, const float* bias,
                    float epsilon, int rows, int columns, float* out);
  void (*addBias)(ThreadPool& pool, float* x, const float* bias, int rows, int columns);
  void (*rope)(ThreadPool& pool, float* x, const float* table, const slinfer_rope_shape& shape);
  void (*gate)(ThreadPool& pool, slinfer_activation activation, const float* gate, const float* up,
               int64_t count, float* out);
  void (*addScaled)(ThreadPool& pool, float* x, const float* y, float scale, int64_t count);
  void (*scatterAddRows)(ThreadPool& pool, const float* x, const int32_t* index,
                         const float* weight, int count, int columns, float* out);
};

#define SLINFER_DECLARE_KERNELS(isa)      \
  namespace isa {                         \
  extern const MatmulKernels kMatmul;     \
  extern const AttentionKernels kAttention; \
  extern const RowKernels kRows;          \
  }
SLINFER_DECLARE_KERNELS(avx512)
SLINFER_DECLARE_KERNELS(avx2)
SLINFER_DECLARE_KERNELS(neon)
SLINFER_DECLARE_KERNELS(neondot)
SLINFER_DECLARE_KERNELS(baseline)
#undef SLINFER_DECLARE_KERNELS

namespace avx512bf16 {
extern const MatmulKernels kMatmul;
}
namespace amx {
extern const MatmulKernels kMatmul;
}
namespace amxemulated {
extern const MatmulKernels kMatmul;
}

struct KernelSet {
  slinfer_isa isa;
  const MatmulKernels& matmul;
  const AttentionKernels& attention;
  const RowKernels& rows;
};

// The best instruction set of this machine.
slinfer_isa bestIsa();

// The kernels of an instruction set that this machine has; null if it has not.
const KernelSet* kernelsOf(slinfer_isa isa);

}  // namespace slinfer

#endif
