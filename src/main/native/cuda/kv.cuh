// Where keys and values lie: see KvPlace in args.h.
#ifndef SLINFER_KV_CUH
#define SLINFER_KV_CUH

#include "args.h"
#include "portable.cuh"

constexpr int kBlockTokens = 16;

DEVICE uint8_t* layerOf(const KvPlace& kv, int blocksPerSlab, int block) {
  return kv.base + block / blocksPerSlab * kv.slabBytes + block % blocksPerSlab * kv.blockBytes + kv.layerOffset;
}

#endif
