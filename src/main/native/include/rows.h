// Operations on rows of float32 numbers. Rows are dense; `out` may be the input.
#ifndef SLINFER_ROWS_H
#define SLINFER_ROWS_H

#include "pool.h"

SLINFER_API int32_t slinfer_rms_norm(slinfer_pool* pool, const float* x, const float* weight,
                                     float epsilon, int32_t rows, int32_t columns, float* out);

// `bias` may be null.
SLINFER_API int32_t slinfer_layer_norm(slinfer_pool* pool, const float* x, const float* weight,
                                       const float* bias, float epsilon, int32_t rows,
                                       int32_t columns, float* out);

SLINFER_API int32_t slinfer_add_bias(slinfer_pool* pool, float* x, const float* bias, int32_t rows,
                                     int32_t columns);

typedef struct slinfer_rope_shape {
  int32_t rows;
  int32_t heads;
  int32_t head_size;
  int32_t rotary;       // numbers of each head that rotate
  int32_t interleaved;  // pairs are (2i, 2i+1), else (i, i + rotary/2)
} slinfer_rope_shape;

// `table` has for each row rotary/2 cosines, then rotary/2 sines.
SLINFER_API int32_t slinfer_rope(slinfer_pool* pool, float* x, const float* table,
                                 const slinfer_rope_shape* shape);

enum slinfer_activation {
  SLINFER_SILU = 0,
  SLINFER_GELU_TANH = 1,
  SLINFER_SWIGLU_OAI = 2,
};

// out[i] = activation(gate[i]) x up[i]; `up` may be null for no product.
SLINFER_API int32_t slinfer_gate(slinfer_pool* pool, int32_t activation, const float* gate,
                                 const float* up, int64_t count, float* out);

// x[i] += scale x y[i].
SLINFER_API int32_t slinfer_add_scaled(slinfer_pool* pool, float* x, const float* y, float scale,
                                       int64_t count);

// out[i] = x[index[i]]; `out` is not the input.
SLINFER_API int32_t slinfer_gather_rows(slinfer_pool* pool, const float* x, const int32_t* index,
                                        int32_t count, int32_t columns, float* out);

// out[index[i]] += weight[i] x x[i], in order of i; `out` is not the input.
SLINFER_API int32_t slinfer_scatter_add_rows(slinfer_pool* pool, const float* x,
                                             const int32_t* index, const float* weight,
                                             int32_t count, int32_t columns, float* out);

#endif
