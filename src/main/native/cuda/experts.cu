// Routing: which experts a row visits, the rows of each expert side by side, and the weighted sum of what they give. Same sums in the same
// order at every run.
#include "args.h"
#include "portable.cuh"

// A thread a row: the likeliest experts (of equals the first) and their softmax weights.
SLINFER_KERNEL(route_pick, RouteArgs, 64) {
  const int row = blockIdx.x * blockDim.x + threadIdx.x;
  if (row >= a.rows) return;
  const float* logits = a.logits + static_cast<int64_t>(row) * a.experts;
  int32_t* picked = a.picked + row * a.used;
  for (int i = 0; i < a.used; i++) {
    int best = -1;
    for (int e = 0; e < a.experts; e++) {
      bool taken = false;
      for (int j = 0; j < i; j++) taken = taken || picked[j] == e;
      if (!taken && (best < 0 || logits[e] > logits[best])) best = e;
    }
    picked[i] = best;
  }
  const float greatest = logits[picked[0]];
  float total = 0;
  for (int i = 0; i < (a.normalize ? a.used : a.experts); i++) total += expf(logits[a.normalize ? picked[i] : i] - greatest);
  for (int i = 0; i < a.used; i++) a.weight[row * a.used + i] = expf(logits[picked[i]] - greatest) / total * a.scale;
}

// One block, a thread an expert (in turns): counts its picks, then lists them in the order of rows.
SLINFER_KERNEL(route_group, RouteArgs, 256) {
  const int picks = a.rows * a.used;
  for (int e = threadIdx.x; e < a.experts; e += blockDim.x) {
    int count = 0;
    for (int i = 0; i < picks; i++) count += a.picked[i] == e;
    a.expertFirst[e + 1] = count;
  }
  syncBlock();
  if (threadIdx.x == 0) {
    a.expertFirst[0] = 0;
    for (int e = 0; e < a.experts; e++) a.expertFirst[e + 1] += a.expertFirst[e];
  }
  syncBlock();
  for (int e = threadIdx.x; e < a.experts; e += blockDim.x) {
    int slot = a.expertFirst[e];
    for (int i = 0; i < picks; i++) {
      if (a.picked[i] == e) {
        a.rowOfSlot[slot] = i / a.used;
        a.slotOf[i] = slot++;
      }
    }
  }
}

// A block a row.
SLINFER_KERNEL(combine, CombineArgs, 256) {
  const int64_t row = blockIdx.x;
  for (int i = threadIdx.x; i < a.columns; i += blockDim.x) {
    float sum = 0;
    for (int j = 0; j < a.used; j++) {
      sum += a.weight[row * a.used + j] * a.slots[static_cast<int64_t>(a.slotOf[row * a.used + j]) * a.columns + i];
    }
    float* out = a.out + row * a.columns + i;
    *out = a.streamFactor == 0 ? sum : *out + a.streamFactor * sum;
  }
}
