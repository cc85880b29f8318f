// The C ABI of the kernels: checks arguments and calls the pool's instruction set.
#include <cstring>

#include "attention_job.h"
#include "pool_handle.h"

SLINFER_API int32_t slinfer_matmul(slinfer_pool* pool, const float* x, int32_t rows,
                                   int32_t columns, const slinfer_weights* weights,
                                   int32_t count) {
  if (rows < 0 || columns < 1 || count < 0) return SLINFER_INVALID_ARGUMENT;
  for (int32_t i = 0; i < count; i++) {
    if (weights[i].rows < 1) return SLINFER_INVALID_ARGUMENT;
  }
  if (rows == 0) return SLINFER_OK;
  slinfer::MatmulJob job = {};
  job.kernels = &pool->kernels.matmul;
  job.x = x;
  job.rows = rows;
  job.columns = columns;
  job.weights = weights;
  job.count = count;
  return slinfer::matmul(pool->threads, job);
}

SLINFER_API int32_t slinfer_embed(slinfer_pool* pool, const slinfer_weights* table,
                                  int32_t columns, const int32_t* tokens, int32_t count,
                                  float scale, float* out) {
  if (columns < 1 || count < 0) return SLINFER_INVALID_ARGUMENT;
  return slinfer::embed(pool->kernels.matmul, *table, columns, {tokens, count, scale, out});
}

namespace {

bool isValid(const slinfer_kv_shape& shape, const slinfer_kv_batch& batch) {
  return shape.layers > 0 && shape.kv_heads > 0 && shape.head_size > 0 &&
         shape.head_size <= slinfer::kMaxHeadSize && shape.layer >= 0 &&
         shape.layer < shape.layers && batch.sequences >= 0;
}

}  // namespace

SLINFER_API int32_t slinfer_store_kv(slinfer_pool* pool, const slinfer_kv_shape* shape,
                                     const slinfer_kv_batch* batch, const float* k,
                                     const float* v) {
  if (!isValid(*shape, *batch)) return SLINFER_INVALID_ARGUMENT;
  if (batch->sequences == 0) return SLINFER_OK;
  return pool->kernels.attention.storeKv(pool->threads, *shape, *batch, k, v);
}

SLINFER_API int32_t slinfer_attention(slinfer_pool* pool, const slinfer_kv_shape* shape,
                                      const slinfer_kv_batch* batch,
                                      const slinfer_attention_options* options, const float* q,
                                      float* out) {
  if (!isValid(*shape, *batch) || options->window < 0 || options->query_heads < 1 ||
      options->query_heads % shape->kv_heads != 0) {
    return SLINFER_INVALID_ARGUMENT;
  }
  if (batch->sequences == 0) return SLINFER_OK;
  return pool->kernels.attention.attention(pool->threads, *shape, *batch, *options, q, out);
}

SLINFER_API int32_t slinfer_rms_norm(slinfer_pool* pool, const float* x, const float* weight,
                                     float epsilon, int32_t rows, int32_t columns, float* out) {
  if (rows < 0 || columns < 1) return SLINFER_INVALID_ARGUMENT;
  pool->kernels.rows.rmsNorm(pool->threads, x, weight, epsilon, rows, columns, out);
  return SLINFER_OK;
}

SLINFER_API int32_t slinfer_layer_norm(slinfer_pool* pool, const float* x, const float* weight,
                                       const float* bias, float epsilon, int32_t rows,
                                       int32_t columns, float* out) {
  if (rows < 0 || columns < 1) return SLINFER_INVALID_ARGUMENT;
  pool->kernels.rows.layerNorm(pool->threads, x, weight, bias, epsilon, rows, columns, out);
  return SLINFER_OK;
}

SLINFER_API int32_t slinfer_add_bias(slinfer_pool* pool, float* x, const float* bias, int32_t rows,
                                     int32_t columns) {
  if (rows < 0 || columns < 1) return SLINFER_INVALID_ARGUMENT;
  pool->kernels.rows.addBias(pool->threads, x, bias, rows, columns);
  return SLINFER_OK;
}

SLINFER_API int32_t slinfer_rope(slinfer_pool* pool, float* x, const float* table,
                                 const slinfer_rope_shape* shape) {
  if (shape->rows < 0 || shape->heads < 1 || shape->rotary < 0 || shape->rotary % 2 != 0 ||
      shape->rotary > shape->head_size) {
    return SLINFER_INVALID_ARGUMENT;
  }
  pool->kernels.rows.rope(pool->threads, x, table, *shape);
  return SLINFER_OK;
}

SLINFER_API int32_t slinfer_gate(slinfer_pool* pool, int32_t activation, const float* gate,
                                 const float* up, int64_t count, float* out) {
  if (count < 0 || activation < SLINFER_SILU || activation > SLINFER_SWIGLU_OAI) {
    return SLINFER_INVALID_ARGUMENT;
  }
  pool->kernels.rows.gate(pool->threads, static_cast<slinfer_activation>(activation), gate, up,
                          count, out);
  return SLINFER_OK;
}

SLINFER_API int32_t slinfer_add_scaled(slinfer_pool* pool, float* x, const float* y, float scale,
                                       int64_t count) {
  if (count < 0) return SLINFER_INVALID_ARGUMENT;
  pool->kernels.rows.addScaled(pool->threads, x, y, scale, count);
  return SLINFER_OK;
}

SLINFER_API int32_t slinfer_gather_rows(slinfer_pool*, const float* x, const int32_t* index,
                                        int32_t count, int32_t columns, float* out) {
  if (count < 0 || columns < 1) return SLINFER_INVALID_ARGUMENT;
  for (int64_t i = 0; i < count; i++) {
    std::memcpy(out + i * columns, x + int64_t{index[i]} * columns, columns * sizeof(float));
  }
  return SLINFER_OK;
}

SLINFER_API int32_t slinfer_scatter_add_rows(slinfer_pool* pool, const float* x,
                                             const int32_t* index, const float* weight,
                                             int32_t count, int32_t columns, float* out) {
  if (count < 0 || columns < 1) return SLINFER_INVALID_ARGUMENT;
  pool->kernels.rows.scatterAddRows(pool->threads, x, index, weight, count, columns, out);
  return SLINFER_OK;
}
