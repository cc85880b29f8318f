// Attention over keys and values in paged blocks of 16 tokens, float16. In a block, layer l starts at
// l x 2 x 16 x kv_heads x head_size numbers: first keys as [kv_head][head_size][token], then values as
// [kv_head][token][head_size].
#ifndef SLINFER_ATTENTION_H
#define SLINFER_ATTENTION_H

#include "pool.h"

typedef struct slinfer_kv_shape {
  int32_t layers;
  int32_t kv_heads;
  int32_t head_size;
  int32_t layer;  // the one at work
} slinfer_kv_shape;

// Sequence s has rows first_row[s] to first_row[s+1] - 1; its first row is at start_position[s]; block b
// of its table lies at block_addresses[first_block[s] + b].
typedef struct slinfer_kv_batch {
  const int32_t* first_row;
  const int32_t* start_position;
  const int32_t* first_block;
  void* const* block_addresses;
  int32_t sequences;
  int32_t reserved;
} slinfer_kv_batch;

typedef struct slinfer_attention_options {
  const float* sinks;  // an extra logit for each query head, or null
  int32_t query_heads;
  int32_t window;  // 0: none
  float scale;
  float softcap;  // 0: none
} slinfer_attention_options;

// Writes the rows' keys and values (rows x kv_heads x head_size, float32) into the blocks.
SLINFER_API int32_t slinfer_store_kv(slinfer_pool* pool, const slinfer_kv_shape* shape,
                                     const slinfer_kv_batch* batch, const float* k, const float* v);

// Causal attention of the rows' queries (rows x query_heads x head_size); `out` has the same shape.
SLINFER_API int32_t slinfer_attention(slinfer_pool* pool, const slinfer_kv_shape* shape,
                                      const slinfer_kv_batch* batch,
                                      const slinfer_attention_options* options, const float* q,
                                      float* out);

#endif
