// The C ABI of a pool: see include/pool.h.
#include "pool.h"

#include <new>
#include <system_error>

#include "pool_handle.h"

SLINFER_API int32_t slinfer_abi_version(void) { return SLINFER_ABI_VERSION; }

SLINFER_API int32_t slinfer_best_isa(void) { return slinfer::bestIsa(); }

SLINFER_API int32_t slinfer_has_isa(int32_t isa) {
  return slinfer::kernelsOf(static_cast<slinfer_isa>(isa)) != nullptr ? 1 : 0;
}

SLINFER_API int32_t slinfer_pool_create(int32_t threads, int32_t isa, slinfer_pool** pool) {
  if (threads < 1 || threads > 1024 || pool == nullptr) return SLINFER_INVALID_ARGUMENT;
  const slinfer::KernelSet* kernels = slinfer::kernelsOf(static_cast<slinfer_isa>(isa));
  if (kernels == nullptr) return SLINFER_UNSUPPORTED_ISA;
  try {
    *pool = new slinfer_pool(threads, *kernels);
  } catch (const std::bad_alloc&) {
    return SLINFER_OUT_OF_MEMORY;
  } catch (const std::system_error&) {
    return SLINFER_NO_THREAD;
  }
  return SLINFER_OK;
}

SLINFER_API int32_t slinfer_pool_destroy(slinfer_pool* pool) {
  delete pool;
  return SLINFER_OK;
}

SLINFER_API int32_t slinfer_pool_begin_step(slinfer_pool* pool) {
  pool->threads.beginStep();
  return SLINFER_OK;
}

SLINFER_API int32_t slinfer_pool_end_step(slinfer_pool* pool) {
  pool->threads.endStep();
  return SLINFER_OK;
}

SLINFER_API int32_t slinfer_pool_isa(const slinfer_pool* pool) { return pool->kernels.isa; }
