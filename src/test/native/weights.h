// The weights of quantised rows one at a time in float64, written from the description of the formats and
// not from the kernels: what the kernels are held against.
#ifndef SLINFER_CHECK_WEIGHTS_H
#define SLINFER_CHECK_WEIGHTS_H

#include <cstdint>
#include <vector>

struct WeightType {
  const char* name;
  int32_t code;  // in a GGUF file
  int block;     // numbers and bytes of a block
  int bytes;
  double (*weight)(const uint8_t* block, int i);  // number i of a block
};

const std::vector<WeightType>& weightTypes();

double halfValue(uint16_t bits);

#endif
