// The threads of a pool: one job at a time, split into items that whoever is free takes next.
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

  // Does items [0, items), `grain` at a time, and returns when all are done. Owner thread only.
  void run(Work work, void* context, int64_t items, int64_t grain);

  // What a scratch buffer is for.
  enum Slot { kActivations, kWorkspaces, kItems, kPartials, kSlots };

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

  static constexpr uint32_t kClosed = 1u << 31;

  void stop();
  void workerMain(int thread);
  uint32_t awaitJob(uint32_t seen);
  bool join();
  void leave();
  void takeItems(int thread);
  void awaitWorkers();

  const int threads_;
  Job job_{};
  // Apart, so that waiting threads do not slow those that take items.
  alignas(64) std::atomic<int64_t> next_{0};
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
