// Checks the kernels of every instruction set that this machine has against plain formulas in float64:
// kernel_check [SEED]. One line for each instruction set; exit 1 if a number is off.
// Built and run by scripts/test-native, for other kinds of CPU by scripts/test-native-arm.
#include <cstdlib>

#include "check.h"

int main(int argc, char** argv) {
  const uint64_t seed = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 20261124;
  bool right = true;
  for (int isa = SLINFER_ISA_BASELINE; isa <= SLINFER_ISA_AMX_EMULATED; isa++) {
    if (slinfer_has_isa(isa) == 0) continue;
    slinfer_pool* pool = nullptr;
    if (slinfer_pool_create(2, isa, &pool) != SLINFER_OK) return 1;
    Tally products, attention, rows;
    checkProducts(pool, seed, products);
    checkAttention(pool, seed, attention);
    checkRows(pool, seed, rows);
    const int64_t failures = products.failures + attention.failures + rows.failures;
    std::printf("instruction set %d%s: products %lld, attention %lld, rows %lld numbers compared, "
                "%lld wrong\n",
                isa, isa == slinfer_best_isa() ? " (best)" : "",
                static_cast<long long>(products.comparisons),
                static_cast<long long>(attention.comparisons),
                static_cast<long long>(rows.comparisons), static_cast<long long>(failures));
    right = right && failures == 0;
    slinfer_pool_destroy(pool);
  }
  return right ? 0 : 1;
}
