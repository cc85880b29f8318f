// Products of activations with weight matrices that lie as in a GGUF file, and rows of such a matrix.
#ifndef SLINFER_MATMUL_H
#define SLINFER_MATMUL_H

#include "pool.h"

// A matrix of `rows` rows; `type` is a GGUF tensor type code. Rows follow each other without a gap.
typedef struct slinfer_weights {
  const void* data;
  float* out;  // rows_of_x x rows, float32
  int32_t type;
  int32_t rows;
} slinfer_weights;

// out[i] = x times the transpose of weights[i]; x is rows x columns, float32, dense.
SLINFER_API int32_t slinfer_matmul(slinfer_pool* pool, const float* x, int32_t rows, int32_t columns,
                                   const slinfer_weights* weights, int32_t count);

// out[t] = scale x row tokens[t] of the matrix, dequantised, for t < count; table->out is not used.
SLINFER_API int32_t slinfer_embed(slinfer_pool* pool, const slinfer_weights* table, int32_t columns,
                                  const int32_t* tokens, int32_t count, float scale, float* out);

#endif
