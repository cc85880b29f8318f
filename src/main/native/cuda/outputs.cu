// What a step ends with: rows that matter, and the greedy choice.
#include "args.h"
#include "portable.cuh"

// out[i] = x[index[i]], whole rows; a block a row.
SLINFER_KERNEL(gather_rows, GatherArgs, 256) {
  const uint32_t* from = reinterpret_cast<const uint32_t*>(a.x + a.index[blockIdx.x] * a.rowBytes);
  uint32_t* to = reinterpret_cast<uint32_t*>(a.out + blockIdx.x * a.rowBytes);
  for (int i = threadIdx.x; i < a.rowBytes / 4; i += blockDim.x) to[i] = from[i];
}

DEVICE float edited(const GreedyArgs& a, float logit) {
  const float scaled = logit * a.scale;
  return a.softcap == 0 ? scaled : a.softcap * tanhf(scaled / a.softcap);
}

// A block a row. A logit that is no number makes logTotal none.
SLINFER_KERNEL(greedy, GreedyArgs, 1024) {
  SLINFER_SHARED(float, scratch, 256);
  const float* logits = a.logits + static_cast<int64_t>(blockIdx.x) * a.vocabulary;
  float greatest = -INFINITY;
  int best = 0x7FFFFFFF;
  bool broken = false;
  for (int i = threadIdx.x; i < a.vocabulary; i += blockDim.x) {
    const float x = edited(a, logits[i]);
    broken = broken || x != x;
    if (x > greatest) {
      greatest = x;
      best = i;
    }
  }
  const float most = blockMax(greatest, scratch);
  float total = broken ? NAN : 0;
  for (int i = threadIdx.x; i < a.vocabulary; i += blockDim.x) total += expf(edited(a, logits[i]) - most);
  total = blockSum(total, scratch);
  // The first of the equals: the smallest index, by the greatest of its negatives (exact below 2^24).
  const float first = blockMax(greatest == most && best != 0x7FFFFFFF ? -static_cast<float>(best) : -INFINITY, scratch);
  if (threadIdx.x == 0) {
    a.token[blockIdx.x] = first == -INFINITY ? -1 : static_cast<int>(-first);
    a.greatest[blockIdx.x] = most;
    a.logTotal[blockIdx.x] = most + logf(total);
  }
}
