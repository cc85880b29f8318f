// Times products at the shape of a 1.1 B llama (22 layers, 2048 x 2048/5632) over weights larger than
// any cache: matmul_bench TYPE ROWS THREADS [ISA [REPETITIONS]].
// Prints best and median of wall time and of CPU time for one pass, weight bandwidth and int8 rate.
// Build: g++ -O2 -I src/main/native/include src/main/native/bench/matmul_bench.cc LIBRARY -o matmul_bench
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <map>
#include <string>
#include <vector>

#include "matmul.h"

namespace {

struct Type {
  int code, block, bytes;
};

const std::map<std::string, Type> kTypes = {
    {"F32", {0, 1, 4}},       {"F16", {1, 1, 2}},        {"BF16", {30, 1, 2}},
    {"Q4_0", {2, 32, 18}},    {"Q4_1", {3, 32, 20}},     {"Q5_0", {6, 32, 22}},
    {"Q5_1", {7, 32, 24}},    {"Q8_0", {8, 32, 34}},     {"Q2_K", {10, 256, 84}},
    {"Q3_K", {11, 256, 110}}, {"Q4_K", {12, 256, 144}},  {"Q5_K", {13, 256, 176}},
    {"Q6_K", {14, 256, 210}}, {"IQ4_NL", {20, 32, 18}},  {"IQ4_XS", {23, 256, 136}},
    {"MXFP4", {39, 32, 17}},
};

double seconds(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

struct Matrix {
  int rows, columns;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4 || kTypes.count(argv[1]) == 0) {
    std::fprintf(stderr, "usage: matmul_bench TYPE ROWS THREADS [ISA [REPETITIONS]]\n");
    return 2;
  }
  const Type type = kTypes.at(argv[1]);
  const int rows = std::atoi(argv[2]);
  const int isa = argc > 4 ? std::atoi(argv[4]) : 0;
  const int repetitions = argc > 5 ? std::atoi(argv[5]) : 5;
  slinfer_pool* pool = nullptr;
  if (slinfer_pool_create(std::atoi(argv[3]), isa, &pool) != SLINFER_OK) return 1;

  // q, k, v, output, gate, up, down.
  const Matrix shapes[] = {{2048, 2048}, {256, 2048},  {256, 2048}, {2048, 2048},
                           {5632, 2048}, {5632, 2048}, {2048, 5632}};
  const int layers = rows > 32 ? 4 : 22;
  std::vector<std::vector<char>> data;
  double weightBytes = 0, operations = 0;
  for (int layer = 0; layer < layers; layer++) {
    for (const Matrix& m : shapes) {
      const size_t bytes = static_cast<size_t>(m.rows) * (m.columns / type.block) * type.bytes;
      data.emplace_back(bytes, 0x11);
      weightBytes += static_cast<double>(bytes);
      operations += 2.0 * m.rows * m.columns * rows;
    }
  }
  std::vector<float> x(static_cast<size_t>(rows) * 5632, 0.5f);
  std::vector<float> out(static_cast<size_t>(rows) * 5632 * 2);
  std::vector<double> wall, cpu;
  for (int repetition = 0; repetition <= repetitions; repetition++) {
    const double wallStart = seconds(CLOCK_MONOTONIC);
    const double cpuStart = seconds(CLOCK_PROCESS_CPUTIME_ID);
    slinfer_pool_begin_step(pool);
    for (size_t i = 0; i < data.size(); i += 7) {
      for (int group : {0, 3, 4, 6}) {
        const int count = group == 0 ? 3 : group == 4 ? 2 : 1;
        slinfer_weights weights[3];
        for (int m = 0; m < count; m++) {
          weights[m] = {data[i + group + m].data(), out.data() + m * out.size() / 3, type.code,
                        shapes[group + m].rows};
          if (group == 4) weights[m].out = out.data() + m * out.size() / 2;
        }
        const int columns = shapes[group].columns;
        if (slinfer_matmul(pool, x.data(), rows, columns, weights, count) != SLINFER_OK) return 1;
      }
    }
    slinfer_pool_end_step(pool);
    if (repetition == 0) continue;
    wall.push_back(seconds(CLOCK_MONOTONIC) - wallStart);
    cpu.push_back(seconds(CLOCK_PROCESS_CPUTIME_ID) - cpuStart);
  }
  std::sort(wall.begin(), wall.end());
  std::sort(cpu.begin(), cpu.end());
  const size_t middle = wall.size() / 2;
  std::printf("%-7s rows %4d: wall %8.2f (%8.2f) ms, cpu %8.2f (%8.2f) ms, %6.1f GB/s, %7.1f GOPS, "
              "%6.1f GOPS a cpu-second\n",
              argv[1], rows, wall[0] * 1e3, wall[middle] * 1e3, cpu[0] * 1e3, cpu[middle] * 1e3,
              weightBytes / wall[0] * 1e-9, operations / wall[0] * 1e-9, operations / cpu[0] * 1e-9);
  return slinfer_pool_destroy(pool);
}
