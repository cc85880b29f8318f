// Embedding: out[t] = scale x table[tokens[t]]. A block a token, a thread eight weights at a time; reads each row of the table once.
#include "args.h"
#include "formats.cuh"

template <class F>
DEVICE void embed(const EmbedArgs& a) {
  const int row = blockIdx.x;
  const uint8_t* weights = a.table + a.tokens[row] * a.rowBytes;
  float* out = a.out + static_cast<int64_t>(row) * a.columns;
  for (int i = threadIdx.x; i < a.columns / 8; i += blockDim.x) {
    const int chunk = i / 4, t = i % 4;
    float x[8];
    decodeFloats<F>(weights + chunkOffset<F>(chunk), chunk % F::kChunksPerBlock, t, x);
    for (int j = 0; j < 8; j++) out[32 * chunk + placeOf<F>(t, j)] = x[j] * a.scale;
  }
}

#define EMBED(F) \
  SLINFER_KERNEL(embed_##F, EmbedArgs, 256) { embed<F>(a); }
SLINFER_EACH_FORMAT(EMBED)
