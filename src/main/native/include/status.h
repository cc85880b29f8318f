// What every function of the C ABI returns, and the ABI's version.
#ifndef SLINFER_STATUS_H
#define SLINFER_STATUS_H

#include <stdint.h>

#ifdef __cplusplus
#define SLINFER_API extern "C" __attribute__((visibility("default")))
#else
#define SLINFER_API
#endif

// Raised with every change of a signature, a struct or a layout; the binding refuses another number.
#define SLINFER_ABI_VERSION 2

enum slinfer_status {
  SLINFER_OK = 0,
  SLINFER_INVALID_ARGUMENT = 1,
  SLINFER_OUT_OF_MEMORY = 2,
  SLINFER_NO_THREAD = 3,
  SLINFER_UNSUPPORTED_ISA = 4,
};

// The version the library was built with.
SLINFER_API int32_t slinfer_abi_version(void);

#endif
