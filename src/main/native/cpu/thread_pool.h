// The threads of a pool: one job at a time, split into items. Each thread takes the items of its own
// share in order, then what is left of the others'. Shares are neighbouring items, so that each thread
// streams one stretch of memory: on two Zen 5 cores, taking turns by 32 KiB read weights at 23 GB/s,
// shares at 37 to 43.
//
// The owner publishes a job, works on it, and waits only for threads that have joined it: one that the
// system has not run yet does not hold the owner up, so the pool keeps its speed when cores are shared.
#ifndef SLINFER_THREAD_POOL_H
#define SLINFER_THREAD_POOL_H

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace slinfer {

// Does items [first, last) of a job; `thread` is 0 (the owner) to threads - 1.
using Work = void (*)(void* context, int64_t first, int64_t last, int thread);

class ThreadPool {
 public:
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const { return threads_; }
  void beginStep();
  void endStep();

  // Does items [0, items), `grain` at most at a time, and returns when all are done. Owner thread only.
  void run(Work work, void* context, int64_t items, int64_t grain);

  // What a scratch buffer is for.
  enum Slot { kActivations, kBrainActivations, kWorkspaces, kItems, kPartials, kSlots };

  // Scratch memory of the owner that lives as long as the pool, one buffer for each slot; grows, never
  // shrinks; 64-byte aligned; its old content may be lost. Null when there is no memory.
  void* scratch(Slot slot, size_t bytes);

 private:
  struct Job {
    Work work;
    void* context;
    int64_t items;
    int64_t grain;
  };
  struct Buffer {
    void* data = nullptr;
    size_t bytes = 0;
  };

  // The next item of a thread's share; apart from the others, as whoever takes an item writes it.
  struct alignas(64) Share {
    std::atomic<int64_t> next{0};
  };

  static constexpr uint32_t kClosed = 1u << 31;

  void stop();
  void workerMain(int thread);
  uint32_t awaitJob(uint32_t seen);
  bool join();
  void leave();
  void takeItems(int thread);
  int64_t shareStart(int thread) const;
  void awaitWorkers();

  const int threads_;
  Job job_{};
  std::vector<Share> shares_;
  // Apart, so that waiting threads do not slow those that work.
  alignas(64) std::atomic<uint32_t> epoch_{0};
  // kClosed, or the number of workers on the open job.
  alignas(64) std::atomic<uint32_t> joined_{kClosed};
  std::atomic<bool> awake_{false};
  std::atomic<bool> stopping_{false};
  std::atomic<int> sleepers_{0};
  std::atomic<bool> ownerSleeps_{false};
  std::mutex mutex_;
  std::condition_variable jobArrived_;
  std::condition_variable workersLeft_;
  Buffer buffers_[kSlots];
  std::vector<std::thread> workers_;
};

}  // namespace slinfer

#endif
