// Runs kernels that were compiled for the host: see host.h. One launch at a time in a process.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <mutex>
#include <vector>

#include "../portable.cuh"

namespace slinfer_host {

Index thread, block, blockSize, gridSize;

namespace {

constexpr size_t kStackBytes = 64 << 10;
constexpr int kMostThreads = 1024;

enum State { kReady, kAtWarp, kAtBlock, kDone };

struct Fiber {
  void* stack;    // saved stack pointer
  uint8_t* memory;
  State state;
  Index index;
};

void (*kernel)(const void*);
const void* arguments;
std::vector<uint8_t> sharedMemory;
size_t sharedBytes;
const char* error;

Fiber fibers[kMostThreads];
Exchange exchanges[kMostThreads / 32];
void (*combiners[kMostThreads / 32])(Exchange&);
int current;
void* schedulerStack;

// Saves the callee's registers on the stack, swaps stacks, restores: System V x86-64.
extern "C" void slinfer_switch(void** from, void* to);
asm(R"(
.text
.globl slinfer_switch
.type slinfer_switch, @function
slinfer_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size slinfer_switch, .-slinfer_switch
)");

void leave(State state) {
  Fiber& self = fibers[current];
  self.state = state;
  slinfer_switch(&self.stack, schedulerStack);
}

extern "C" void slinfer_fiber_main() {
  kernel(arguments);
  leave(kDone);
  abort();
}

void prepare(Fiber& fiber, unsigned x) {
  if (fiber.memory == nullptr) fiber.memory = static_cast<uint8_t*>(aligned_alloc(64, kStackBytes));
  void** top = reinterpret_cast<void**>(fiber.memory + kStackBytes - 64);
  *--top = nullptr;  // a return address for the main function, which never returns: keeps the stack aligned as after a call
  *--top = reinterpret_cast<void*>(slinfer_fiber_main);
  for (int i = 0; i < 6; i++) *--top = nullptr;
  fiber.stack = top;
  fiber.state = kReady;
  fiber.index = {x, 0, 0};
}

void resume(int i) {
  current = i;
  thread = fibers[i].index;
  slinfer_switch(&schedulerStack, fibers[i].stack);
}

// Runs a warp until all its lanes wait for the block or have ended.
void runWarp(int warp, int lanes) {
  const int first = 32 * warp;
  while (true) {
    int atWarp = 0, done = 0;
    for (int i = first; i < first + lanes; i++) {
      if (fibers[i].state == kReady) resume(i);
      atWarp += fibers[i].state == kAtWarp;
      done += fibers[i].state == kDone;
    }
    if (atWarp == 0) return;
    if (atWarp < lanes) {
      error = "some lanes of a warp have left while others work together";
      return;
    }
    if (combiners[warp] != nullptr) combiners[warp](exchanges[warp]);
    for (int i = first; i < first + lanes; i++) fibers[i].state = kReady;
  }
}

void runBlock(int threads) {
  for (int i = 0; i < threads; i++) prepare(fibers[i], i);
  while (error == nullptr) {
    int waiting = 0;
    for (int warp = 0; warp < threads / 32; warp++) {
      runWarp(warp, 32);
      if (error != nullptr) return;
      for (int i = 32 * warp; i < 32 * warp + 32; i++) waiting += fibers[i].state == kAtBlock;
    }
    if (waiting == 0) return;
    for (int i = 0; i < threads; i++) {
      if (fibers[i].state == kAtBlock) fibers[i].state = kReady;
    }
  }
}

}  // namespace

void* shared(size_t bytes) {
  if (bytes > sharedBytes) error = "a kernel uses more shared memory than its launch gave it";
  return sharedMemory.data() + (-reinterpret_cast<uintptr_t>(sharedMemory.data()) & 63);
}
void syncBlock() { leave(kAtBlock); }
void syncWarp() { together(nullptr); }
Exchange& exchange() { return exchanges[current / 32]; }
int lane() { return current % 32; }
void together(void (*combine)(Exchange&)) {
  combiners[current / 32] = combine;
  leave(kAtWarp);
}

void combineTile(Exchange& e) {
  alignas(64) float a[16][16], b[16][8], c[16][8] = {};
  for (int lane = 0; lane < 32; lane++) {
    const int g = lane / 4, t = lane % 4;
    const uint32_t* in = e.in[lane];
    for (int half = 0; half < 2; half++) {
      const int k = 2 * t + half;
      a[g][k] = halfToFloat(in[0] >> 16 * half);
      a[g + 8][k] = halfToFloat(in[1] >> 16 * half);
      a[g][k + 8] = halfToFloat(in[2] >> 16 * half);
      a[g + 8][k + 8] = halfToFloat(in[3] >> 16 * half);
      b[k][g] = halfToFloat(in[4] >> 16 * half);
      b[k + 8][g] = halfToFloat(in[5] >> 16 * half);
    }
  }
  for (int row = 0; row < 16; row++) {
    for (int k = 0; k < 16; k++) {
      for (int column = 0; column < 8; column++) c[row][column] += a[row][k] * b[k][column];
    }
  }
  for (int lane = 0; lane < 32; lane++) {
    const int g = lane / 4, t = lane % 4;
    e.out[lane][0] = c[g][2 * t];
    e.out[lane][1] = c[g][2 * t + 1];
    e.out[lane][2] = c[g + 8][2 * t];
    e.out[lane][3] = c[g + 8][2 * t + 1];
  }
}

}  // namespace slinfer_host

// Runs a kernel to its end; returns null, or what was wrong with the launch.
extern "C" __attribute__((visibility("default"))) const char* slinfer_host_launch(
    void (*kernel)(const void*), const void* arguments, const int32_t* grid, int32_t threads, int32_t sharedBytes) {
  using namespace slinfer_host;
  static std::mutex one;
  std::lock_guard<std::mutex> guard(one);
  if (threads < 32 || threads % 32 != 0 || threads > kMostThreads) return "threads: not whole warps, or more than 1024";
  for (int i = 0; i < 3; i++) {
    if (grid[i] < 1 || (i > 0 && grid[i] > 65535)) return "the grid is empty or too large";
  }
  if (sharedBytes < 0 || sharedBytes > 227 << 10) return "more shared memory than a block can have";
  slinfer_host::kernel = kernel;
  slinfer_host::arguments = arguments;
  slinfer_host::sharedBytes = sharedBytes;
  slinfer_host::error = nullptr;
  sharedMemory.resize(sharedBytes + 64);
  gridSize = {(unsigned)grid[0], (unsigned)grid[1], (unsigned)grid[2]};
  blockSize = {(unsigned)threads, 1, 1};
  for (unsigned z = 0; z < gridSize.z; z++) {
    for (unsigned y = 0; y < gridSize.y; y++) {
      for (unsigned x = 0; x < gridSize.x && error == nullptr; x++) {
        block = {x, y, z};
        memset(sharedMemory.data(), 0xFF, sharedMemory.size());  // NaN, so that nothing reads what nobody wrote
        runBlock(threads);
      }
    }
  }
  return error;
}
