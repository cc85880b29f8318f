// What the threads of a product share; the same for every instruction set.
#ifndef SLINFER_MATMUL_JOB_H
#define SLINFER_MATMUL_JOB_H

#include <cstddef>
#include <cstdint>

#include "matmul.h"

namespace slinfer {

// 256 activations quantised to 8 bits: number i is about q[i] x scale[i / 16]. Numbers of 32 share a
// scale, which stands there twice.
struct alignas(64) ActivationChunk {
  int8_t q[256];
  float scale[16];
  float sum16[16];  // of 16 numbers: scale x the sum of q
  float sum32[8];   // of 32 numbers
};

// bfloat16 activations: the columns of a row rounded up to whole vectors.
constexpr int kBrainVector = 32;
constexpr int64_t brainColumns(int columns) {
  return (columns + kBrainVector - 1) / kBrainVector * kBrainVector;
}

struct MatmulKernels;

// The caller fills in kernels, x, rows, columns, weights and count.
struct MatmulJob {
  const MatmulKernels* kernels;
  const float* x;              // rows x columns
  ActivationChunk* quantized;  // rows x chunks; only if a weight matrix is quantised
  uint16_t* brain;             // rows x brainColumns(columns), zeros at the end; only if one wants them
  int rows;
  int columns;
  int chunks;
  const slinfer_weights* weights;
  int count;
  uint8_t* panels;  // one for each thread
  size_t panelBytes;
};

}  // namespace slinfer

#endif
