#include "thread_pool.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace slinfer {
namespace {

// Waiting awake: longer than the gap between two operations of a step, shorter than a scheduler's slice.
constexpr auto kSpin = std::chrono::microseconds(100);
constexpr int kPausesBetweenClockReads = 32;

void pause() {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Waits awake until the condition holds, for kSpin at most; says whether it holds.
template <class Condition>
bool spinUntil(Condition holds) {
  if (holds()) return true;
  const auto deadline = std::chrono::steady_clock::now() + kSpin;
  do {
    for (int i = 0; i < kPausesBetweenClockReads; i++) {
      if (holds()) return true;
      pause();
    }
  } while (std::chrono::steady_clock::now() < deadline);
  return holds();
}

}  // namespace

ThreadPool::ThreadPool(int threads) : threads_(threads), shares_(threads) {
  try {
    for (int thread = 1; thread < threads; thread++) {
      workers_.emplace_back([this, thread] { workerMain(thread); });
    }
  } catch (...) {
    stop();
    throw;
  }
}

ThreadPool::~ThreadPool() {
  stop();
  for (Buffer& buffer : buffers_) std::free(buffer.data);
}

void ThreadPool::stop() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
    epoch_++;
  }
  jobArrived_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void ThreadPool::beginStep() {
  awake_ = true;
  if (sleepers_.load() == 0) return;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    epoch_++;
  }
  jobArrived_.notify_all();
}

void ThreadPool::endStep() { awake_ = false; }

void ThreadPool::run(Work work, void* context, int64_t items, int64_t grain) {
  if (items <= 0) return;
  if (threads_ == 1 || items <= grain) {
    work(context, 0, items, 0);
    return;
  }
  job_ = {work, context, items, grain};
  for (int thread = 0; thread < threads_; thread++) {
    shares_[thread].next.store(shareStart(thread), std::memory_order_relaxed);
  }
  joined_.store(0, std::memory_order_release);
  epoch_.fetch_add(1);
  if (sleepers_.load() > 0) {
    { std::lock_guard<std::mutex> lock(mutex_); }
    jobArrived_.notify_all();
  }
  takeItems(0);
  awaitWorkers();
}

int64_t ThreadPool::shareStart(int thread) const { return job_.items * thread / threads_; }

void ThreadPool::takeItems(int thread) {
  for (int i = 0; i < threads_; i++) {
    const int owner = (thread + i) % threads_;
    const int64_t end = shareStart(owner + 1);
    for (;;) {
      const int64_t first = shares_[owner].next.fetch_add(job_.grain, std::memory_order_relaxed);
      if (first >= end) break;
      job_.work(job_.context, first, std::min(first + job_.grain, end), thread);
    }
  }
}

void ThreadPool::awaitWorkers() {
  joined_.fetch_or(kClosed, std::memory_order_acq_rel);
  const auto allLeft = [this] { return joined_.load() == kClosed; };
  if (spinUntil(allLeft)) return;
  std::unique_lock<std::mutex> lock(mutex_);
  ownerSleeps_ = true;
  workersLeft_.wait(lock, allLeft);
  ownerSleeps_ = false;
}

bool ThreadPool::join() {
  uint32_t count = joined_.load(std::memory_order_relaxed);
  while ((count & kClosed) == 0) {
    if (joined_.compare_exchange_weak(count, count + 1, std::memory_order_acq_rel)) return true;
  }
  return false;
}

void ThreadPool::leave() {
  // Sequentially consistent, as the read of ownerSleeps_: either this thread sees the owner asleep, or
  // the owner sees this thread gone.
  if (joined_.fetch_sub(1) == (kClosed | 1) && ownerSleeps_.load()) {
    { std::lock_guard<std::mutex> lock(mutex_); }
    workersLeft_.notify_one();
  }
}

uint32_t ThreadPool::awaitJob(uint32_t seen) {
  const auto arrived = [this, seen] { return epoch_.load() != seen; };
  if (arrived() || (awake_.load() && spinUntil(arrived))) return epoch_.load();
  std::unique_lock<std::mutex> lock(mutex_);
  sleepers_++;
  jobArrived_.wait(lock, arrived);
  sleepers_--;
  return epoch_.load();
}

void ThreadPool::workerMain(int thread) {
  uint32_t seen = 0;
  while (!stopping_.load()) {
    seen = awaitJob(seen);
    if (join()) {
      takeItems(thread);
      leave();
    }
  }
}

void* ThreadPool::scratch(Slot slot, size_t bytes) {
  Buffer& buffer = buffers_[slot];
  if (buffer.bytes < bytes) {
    const size_t rounded = (bytes + bytes / 4 + 63) / 64 * 64;
    void* larger = std::aligned_alloc(64, rounded);
    if (larger == nullptr) return nullptr;
    std::free(buffer.data);
    buffer = {larger, rounded};
  }
  return buffer.data;
}

}  // namespace slinfer
