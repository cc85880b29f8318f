// What the handle of the C ABI stands for.
#ifndef SLINFER_POOL_HANDLE_H
#define SLINFER_POOL_HANDLE_H

#include "kernels.h"
#include "thread_pool.h"

struct slinfer_pool {
  slinfer_pool(int threadCount, const slinfer::KernelSet& set) : threads(threadCount), kernels(set) {}

  slinfer::ThreadPool threads;
  const slinfer::KernelSet& kernels;
};

#endif
