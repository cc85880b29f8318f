// What the threads of an attention share; the same for every instruction set.
#ifndef SLINFER_ATTENTION_JOB_H
#define SLINFER_ATTENTION_JOB_H

#include <cstdint>

#include "attention.h"

namespace slinfer {

constexpr int kMaxHeadSize = 512;

// Some queries of one sequence and key head against the positions [firstPosition, endPosition).
// Queries of a sequence and key head are numbered by row, then by head of the group.
struct AttentionItem {
  int sequence;
  int kvHead;
  int firstQuery;
  int queries;
  int firstPosition;
  int endPosition;
  int part;  // of `parts` items with the same queries, which lie side by side
  int parts;
  int64_t firstPartial;  // if parts > 1: where the results of its queries go
};

struct AttentionJob {
  const slinfer_kv_shape* shape;
  const slinfer_kv_batch* batch;
  const slinfer_attention_options* options;
  const float* q;
  float* out;
  AttentionItem* items;
  void* workspaces;  // one for each thread
  float* partials;   // for each query of a split item: maximum, sum of weights, weighted values
};

}  // namespace slinfer

#endif
