// What the checks share: seeded random numbers, and a count of comparisons and failures.
#ifndef SLINFER_CHECK_H
#define SLINFER_CHECK_H

#include <cmath>
#include <cstdint>
#include <cstdio>

#include "pool.h"

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 2 + 1) {}

  uint64_t next() {  // splitmix64
    uint64_t z = state_ += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
  }
  int below(int bound) { return static_cast<int>(next() % bound); }
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  // About normal: variance 1, bounded by 6.
  double normal() {
    double sum = -6;
    for (int i = 0; i < 12; i++) sum += uniform();
    return sum;
  }

 private:
  uint64_t state_;
};

struct Tally {
  int64_t comparisons = 0;
  int64_t failures = 0;

  // Says what is wrong for the first few failures.
  void compare(double got, double wanted, double allowed, const char* what, int isa) {
    comparisons++;
    if (std::fabs(got - wanted) <= allowed) return;
    if (failures++ < 10) {
      std::printf("instruction set %d: %s: %.9g instead of %.9g (allowed %.3g)\n", isa, what, got,
                  wanted, allowed);
    }
  }
};

void checkProducts(slinfer_pool* pool, uint64_t seed, Tally& tally);
void checkAttention(slinfer_pool* pool, uint64_t seed, Tally& tally);
void checkRows(slinfer_pool* pool, uint64_t seed, Tally& tally);

#endif
