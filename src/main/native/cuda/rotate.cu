// RoPE in place on queries, and keys and values into the cache; a block a row. Angles in float64, reduced before the float32 sine.
#include "args.h"
#include "kv.cuh"

DEVICE void rotateHead(const RotateArgs& a, float* head, int i, float cosine, float sine) {
  const int first = a.interleaved ? 2 * i : i;
  const int second = a.interleaved ? 2 * i + 1 : i + a.pairs;
  const float x = head[first], y = head[second];
  head[first] = x * cosine - y * sine;
  head[second] = x * sine + y * cosine;
}

SLINFER_KERNEL(rotate, RotateArgs, 128) {
  const int row = blockIdx.x;
  const int keyWidth = a.kvHeads * a.headSize;
  const int position = a.position[row];
  SLINFER_SHARED(float, keys, 4 * keyWidth);
  for (int i = threadIdx.x; i < keyWidth; i += blockDim.x) keys[i] = a.key[static_cast<int64_t>(row) * keyWidth + i];
  syncBlock();
  if (a.frequencies != nullptr) {
    const double* frequencies = a.frequencies + static_cast<int64_t>(a.longer[row]) * a.pairs;
    float* query = a.query + static_cast<int64_t>(row) * a.heads * a.headSize;
    for (int i = threadIdx.x; i < a.pairs; i += blockDim.x) {
      constexpr double kTurn = 6.283185307179586476925;
      double angle = position * frequencies[i];
      angle -= kTurn * rint(angle / kTurn);
      const float cosine = cosf(static_cast<float>(angle)) * a.magnitude;
      const float sine = sinf(static_cast<float>(angle)) * a.magnitude;
      for (int h = 0; h < a.heads; h++) rotateHead(a, query + h * a.headSize, i, cosine, sine);
      for (int h = 0; h < a.kvHeads; h++) rotateHead(a, keys + h * a.headSize, i, cosine, sine);
    }
    syncBlock();
  }
  const int block = a.blocks[a.firstBlock[row] + position / kBlockTokens];
  half_t* layer = reinterpret_cast<half_t*>(layerOf(a.kv, a.blocksPerSlab, block));
  half_t* values = layer + static_cast<int64_t>(keyWidth) * kBlockTokens;
  const int token = position % kBlockTokens;
  for (int i = threadIdx.x; i < keyWidth; i += blockDim.x) {
    const int head = i / a.headSize, dimension = i % a.headSize;
    layer[(head * kBlockTokens + token) * a.headSize + dimension] = floatToHalf(keys[i]);
    values[i * kBlockTokens + token] = floatToHalf(a.value[static_cast<int64_t>(row) * keyWidth + i]);
  }
}
