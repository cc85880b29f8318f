// What each kernel is given: one struct by value, written by the Java records of the same names (engine.gpu). Addresses first, then
// 64-bit numbers, then 32-bit ones, so that there is no padding. Activations are float32 rows; x16 are float16 rows, of which row r
// stands for the numbers x16[r] times xScale[r].
#ifndef SLINFER_CUDA_ARGS_H
#define SLINFER_CUDA_ARGS_H

#include <stdint.h>

struct EmbedArgs {
  const uint8_t* table;
  const int32_t* tokens;
  float* out;
  int64_t rowBytes;
  int32_t columns;
  float scale;
};

// out = norm(x) x weight + bias by row; weight 0: x itself. Written where an address is given: as float32, as float16 rows, and added
// to `stream` with a factor.
struct NormArgs {
  const float* x;
  const float* weight;
  const float* bias;
  float* out;
  uint16_t* out16;
  float* outScale;
  float* stream;
  int32_t columns;
  int32_t centered;
  float epsilon;
  float streamFactor;
};

// Up to three matrices of one type times the same input: out[i] is rows of x by rows of the matrix. streamFactor other than 0: the
// result is added to out[i] with that factor. With experts, blockIdx.z (many) or blockIdx.y (few) is the expert; its inputs are the
// slots expertFirst[e] to expertFirst[e + 1] - 1, whose row of x is xIndex[slot] (0: the slot itself).
struct MatmulArgs {
  const uint8_t* weights[3];
  const float* bias[3];
  float* out[3];
  const uint16_t* x;
  const float* xScale;
  const int32_t* expertFirst;
  const int32_t* xIndex;
  int64_t expertBytes[3];
  int32_t rows[3];
  int32_t matrices;
  int32_t columns;
  int32_t count;
  float streamFactor;
  int32_t unused;
};

// Where keys and values lie: block b of 16 tokens at base + b / blocksPerSlab x slabBytes + b % blocksPerSlab x blockBytes; one
// layer in it at layerOffset: keys [kvHead][token][headSize], then values [kvHead][headSize][token], float16.
struct KvPlace {
  uint8_t* base;
  int64_t slabBytes;
  int64_t blockBytes;
  int64_t layerOffset;
};

// Turns queries and keys (frequencies 0: not) and writes keys and values of each row into the cache.
struct RotateArgs {
  float* query;
  const float* key;
  const float* value;
  const double* frequencies;  // two sets of `pairs` numbers: for short sequences, for long ones
  const int32_t* position;
  const int32_t* longer;      // which set
  const int32_t* firstBlock;  // of the row's sequence, an index into blocks
  const int32_t* blocks;
  KvPlace kv;
  int32_t blocksPerSlab;
  int32_t heads;
  int32_t kvHeads;
  int32_t headSize;
  int32_t pairs;
  int32_t interleaved;
  float magnitude;
  int32_t unused;
};

// Causal attention. A tile is four numbers: first row, rows, position of the first row, first block of the sequence.
struct AttentionArgs {
  const float* query;
  const int32_t* tiles;
  const int32_t* blocks;
  const float* sinks;
  uint16_t* out;
  float* partial;
  KvPlace kv;
  int32_t blocksPerSlab;
  int32_t heads;
  int32_t kvHeads;
  int32_t headSize;
  int32_t splits;
  int32_t window;
  float scale;
  float softcap;
};

struct GateArgs {
  const float* gate;
  const float* up;
  uint16_t* out16;
  float* outScale;
  int32_t width;
  int32_t activation;
};

// Picks experts for each row: slots are sorted by expert.
struct RouteArgs {
  const float* logits;
  int32_t* picked;       // rows x used
  float* weight;         // rows x used
  int32_t* expertFirst;  // experts + 1
  int32_t* rowOfSlot;
  int32_t* slotOf;       // rows x used
  int32_t rows;
  int32_t experts;
  int32_t used;
  int32_t normalize;
  float scale;
  int32_t unused;
};

// out (or stream, with a factor) = the weighted sum of what a row's experts gave.
struct CombineArgs {
  const float* slots;
  const int32_t* slotOf;
  const float* weight;
  float* out;
  int32_t columns;
  int32_t used;
  float streamFactor;
  int32_t unused;
};

struct GatherArgs {
  const uint8_t* x;
  const int32_t* index;
  uint8_t* out;
  int64_t rowBytes;  // a multiple of 4
};

// For each row the token with the greatest logit (of equals the first), that logit, and the logarithm of the sum of exponentials.
struct GreedyArgs {
  const float* logits;
  int32_t* token;
  float* greatest;
  float* logTotal;
  int32_t vocabulary;
  float scale;
  float softcap;
  int32_t unused;
};

#endif
