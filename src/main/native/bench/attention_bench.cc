// Times attention at the shape of a 1.1 B llama (22 layers, 32 query and 4 key heads of 64):
// attention_bench ROWS DEPTH THREADS [ISA [REPETITIONS]]: ROWS new tokens of one sequence after DEPTH.
// Prints best and median of wall time and of CPU time for one pass over all layers.
// Build: g++ -O2 -I src/main/native/include src/main/native/bench/attention_bench.cc LIBRARY -o attention_bench
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

#include "attention.h"

namespace {

double seconds(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: attention_bench ROWS DEPTH THREADS [ISA [REPETITIONS]]\n");
    return 2;
  }
  const int rows = std::atoi(argv[1]), depth = std::atoi(argv[2]);
  const int repetitions = argc > 5 ? std::atoi(argv[5]) : 5;
  slinfer_pool* pool = nullptr;
  if (slinfer_pool_create(std::atoi(argv[3]), argc > 4 ? std::atoi(argv[4]) : 0, &pool) != SLINFER_OK)
    return 1;
  slinfer_kv_shape shape = {22, 4, 64, 0};
  const size_t blockBytes = size_t{2} * 2 * 16 * 4 * 64 * 22;
  const int blocks = (rows + depth + 15) / 16;
  std::vector<std::vector<unsigned short>> cache(blocks);
  std::vector<void*> addresses;
  for (auto& block : cache) {
    block.assign(blockBytes / 2, 0x2E66);  // 0.1
    addresses.push_back(block.data());
  }
  const int firstRow[] = {0, rows}, firstBlock[] = {0, blocks}, start[] = {depth};
  const slinfer_kv_batch batch = {firstRow, start, firstBlock, addresses.data(), 1, 0};
  const slinfer_attention_options options = {nullptr, 32, 0, 0.125f, 0};
  std::vector<float> q(size_t{2048} * rows, 0.5f), out(q.size());
  std::vector<double> wall, cpu;
  for (int repetition = 0; repetition <= repetitions; repetition++) {
    const double wallStart = seconds(CLOCK_MONOTONIC);
    const double cpuStart = seconds(CLOCK_PROCESS_CPUTIME_ID);
    slinfer_pool_begin_step(pool);
    for (shape.layer = 0; shape.layer < shape.layers; shape.layer++) {
      if (slinfer_attention(pool, &shape, &batch, &options, q.data(), out.data()) != SLINFER_OK)
        return 1;
    }
    slinfer_pool_end_step(pool);
    if (repetition == 0) continue;
    wall.push_back(seconds(CLOCK_MONOTONIC) - wallStart);
    cpu.push_back(seconds(CLOCK_PROCESS_CPUTIME_ID) - cpuStart);
  }
  std::sort(wall.begin(), wall.end());
  std::sort(cpu.begin(), cpu.end());
  const size_t middle = wall.size() / 2;
  std::printf("rows %4d depth %5d: wall %8.3f (%8.3f) ms, cpu %8.3f (%8.3f) ms\n", rows, depth,
              wall[0] * 1e3, wall[middle] * 1e3, cpu[0] * 1e3, cpu[middle] * 1e3);
  return slinfer_pool_destroy(pool);
}
