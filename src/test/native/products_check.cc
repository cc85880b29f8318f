// Products of activations and weights against the exact sum in float64 of the exact weights.
#include <algorithm>
#include <cstring>
#include <vector>

#include "check.h"
#include "matmul.h"
#include "weights.h"

namespace {

const int kInputRows[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 17, 33};
const int kWeightRows[] = {1, 2, 3, 5, 15, 16, 17, 31, 32, 33, 70};

// Sums in float32 of up to a thousand products: measured below 1e-6.
constexpr double kSumError = 3e-6;
constexpr double kBrainError = 1.0 / 256;  // of rounding to 7 bits of fraction

std::vector<int> columnsOf(const WeightType& type) {
  if (type.block == 1) return {1, 15, 16, 17, 31, 33, 64, 255, 259, 513};
  if (type.block == 32) return {32, 64, 96, 224, 256, 288, 512, 544, 800};
  return {256, 512, 768, 1280};
}

void setHalf(uint8_t* p, double value) {  // positive or negative, 2^-14 < |value| < 1
  int exponent;
  const int fraction = static_cast<int>(std::frexp(std::fabs(value), &exponent) * 2048) & 1023;
  const uint16_t bits =
      static_cast<uint16_t>((value < 0 ? 0x8000 : 0) | (exponent + 14) << 10 | fraction);
  std::memcpy(p, &bits, 2);
}

// Any bits, except that scales are ordinary numbers.
void fillBlock(const WeightType& type, Random& random, uint8_t* block) {
  for (int i = 0; i < type.bytes; i++) block[i] = static_cast<uint8_t>(random.next());
  const auto scale = [&](int offset) {
    setHalf(block + offset, (random.uniform() + 0.01) * (random.below(2) ? 0.02 : -0.02));
  };
  const float value = static_cast<float>(random.normal());
  switch (type.code) {
    case 0: std::memcpy(block, &value, 4); break;
    case 1: setHalf(block, (random.uniform() + 0.01) * (random.below(2) ? 0.9 : -0.9)); break;
    case 30: std::memcpy(block, reinterpret_cast<const uint8_t*>(&value) + 2, 2); break;
    case 39: block[0] = static_cast<uint8_t>(110 + random.below(20)); break;
    case 10: scale(80), scale(82); break;
    case 11: scale(108); break;
    case 14: scale(208); break;
    case 3: case 7: case 12: case 13: scale(0), scale(2); break;
    default: scale(0);
  }
}

// Activations that 8 bits hold exactly: whole multiples up to 127 of a power of two for each 32.
void fillExact(Random& random, int columns, float* x) {
  for (int c = 0; c < columns; c += 32) {
    const int width = std::min(32, columns - c);
    const double step = std::ldexp(1.0, -9 + random.below(5));
    const int greatest = random.below(width);
    for (int i = 0; i < width; i++) {
      x[c + i] = static_cast<float>(step * (i == greatest ? -127 : random.below(255) - 127));
    }
  }
}

struct Case {
  const WeightType* type;
  int weightRows;
  int columns;
  int rows;
  bool exact;
};

// How far the result may be off, given the sum of |weight x activation|. Rounding an activation to 8 bits
// moves it by at most half a step, which is a 254th of the largest of its 32.
double allowed(const Case& c, int isa, const float* x, const std::vector<double>& weights,
               double magnitude) {
  double error = kSumError * magnitude + 1e-12;
  if (c.exact) return error;
  const bool brain = isa == SLINFER_ISA_AVX512_BF16 || isa >= SLINFER_ISA_AMX;
  if (c.type->code == 30 && brain) error += kBrainError * magnitude;
  if (c.type->block == 1) return error;
  for (int start = 0; start < c.columns; start += 32) {
    double largest = 0, sum = 0;
    for (int i = start; i < start + 32; i++) {
      largest = std::max(largest, std::fabs(static_cast<double>(x[i])));
      sum += std::fabs(weights[i]);
    }
    error += 1.001 * largest / 254 * sum;
  }
  return error;
}

void check(slinfer_pool* pool, const Case& c, Random& random, Tally& tally) {
  const int isa = slinfer_pool_isa(pool);
  const int blocks = c.columns / c.type->block;
  std::vector<uint8_t> data(static_cast<size_t>(c.weightRows) * blocks * c.type->bytes);
  for (size_t at = 0; at < data.size(); at += c.type->bytes) fillBlock(*c.type, random, &data[at]);
  std::vector<float> x(static_cast<size_t>(c.rows) * c.columns);
  for (int r = 0; r < c.rows; r++) {
    float* row = x.data() + static_cast<size_t>(r) * c.columns;
    if (c.exact) fillExact(random, c.columns, row);
    else for (int i = 0; i < c.columns; i++) row[i] = static_cast<float>(random.normal());
  }
  std::vector<float> out(static_cast<size_t>(c.rows) * c.weightRows, NAN);
  const slinfer_weights weights = {data.data(), out.data(), c.type->code, c.weightRows};
  const int status = slinfer_matmul(pool, x.data(), c.rows, c.columns, &weights, 1);
  tally.compare(status, SLINFER_OK, 0, "status of slinfer_matmul", isa);
  char what[120];
  std::snprintf(what, sizeof(what), "%s, %d x %d weights, %d rows%s", c.type->name, c.weightRows,
                c.columns, c.rows, c.exact ? ", exact activations" : "");
  std::vector<double> row(c.columns);
  for (int w = 0; w < c.weightRows; w++) {
    const uint8_t* block = data.data() + static_cast<size_t>(w) * blocks * c.type->bytes;
    for (int i = 0; i < c.columns; i++) {
      row[i] = c.type->weight(block + i / c.type->block * c.type->bytes, i % c.type->block);
    }
    for (int r = 0; r < c.rows; r++) {
      const float* input = x.data() + static_cast<size_t>(r) * c.columns;
      double sum = 0, magnitude = 0;
      for (int i = 0; i < c.columns; i++) {
        sum += row[i] * input[i];
        magnitude += std::fabs(row[i] * input[i]);
      }
      tally.compare(out[static_cast<size_t>(r) * c.weightRows + w], sum,
                    allowed(c, isa, input, row, magnitude), what, isa);
    }
  }
}

}  // namespace

void checkProducts(slinfer_pool* pool, uint64_t seed, Tally& tally) {
  Random random(seed);
  int size = 0;
  for (const WeightType& type : weightTypes()) {
    for (int columns : columnsOf(type)) {
      for (int rows : kInputRows) {
        for (bool exact : {true, false}) {
          const int weightRows = kWeightRows[size++ % (sizeof(kWeightRows) / sizeof(int))];
          check(pool, {&type, weightRows, columns, rows, exact}, random, tally);
        }
      }
    }
  }
}
