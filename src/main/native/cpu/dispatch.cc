// The one place that asks what the CPU can do and what the operating system lets it do.
#include "kernels.h"
#include "isa.h"

#if SLINFER_X86
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#elif SLINFER_ARM
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace slinfer {
namespace {

#if SLINFER_X86
struct CpuidResult {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
};

CpuidResult cpuid(unsigned leaf, unsigned subleaf) {
  CpuidResult r;
  __get_cpuid_count(leaf, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx);
  return r;
}

bool has(unsigned word, int bit) { return (word >> bit & 1) != 0; }

// The register states that the operating system saves (XCR0).
unsigned savedStates() {
  unsigned low, high;
  asm("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

constexpr unsigned kAvxStates = 0x06;     // XMM, YMM
constexpr unsigned kAvx512States = 0xE6;  // and opmask, upper ZMM
constexpr unsigned kTileStates = 0x60000;  // tile shapes and data

// The system keeps tiles for a process only once it has asked for them; it refuses where a signal stack
// would be too small for them.
bool mayUseTiles() {
  constexpr long kRequestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr long kTileData = 18;
  return (savedStates() & kTileStates) == kTileStates &&
         syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

slinfer_isa detect() {
  const CpuidResult one = cpuid(1, 0);
  const bool xsave = has(one.ecx, 27);
  if (!xsave || (savedStates() & kAvxStates) != kAvxStates) return SLINFER_ISA_BASELINE;
  const CpuidResult seven = cpuid(7, 0);
  const bool avx2 = has(seven.ebx, 5) && has(one.ecx, 12) && has(one.ecx, 29);  // FMA, F16C
  if (!avx2) return SLINFER_ISA_BASELINE;
  const bool avx512 = has(seven.ebx, 16) && has(seven.ebx, 17) && has(seven.ebx, 30) &&
                      has(seven.ebx, 31) && has(seven.ecx, 11);  // F, DQ, BW, VL, VNNI
  if (!avx512 || (savedStates() & kAvx512States) != kAvx512States) return SLINFER_ISA_AVX2;
  const bool bf16 = seven.eax >= 1 && has(cpuid(7, 1).eax, 5);
  if (!bf16) return SLINFER_ISA_AVX512;
  const bool amx = has(seven.edx, 22) && has(seven.edx, 24) && has(seven.edx, 25);  // BF16, tiles, int8
  return amx && mayUseTiles() ? SLINFER_ISA_AMX : SLINFER_ISA_AVX512_BF16;
}

// Whether kernels of one instruction set run on a machine whose best is another.
bool runsOn(slinfer_isa wanted, slinfer_isa best) {
  return wanted == SLINFER_ISA_AMX_EMULATED ? best >= SLINFER_ISA_AVX512_BF16 : wanted <= best;
}
#elif SLINFER_ARM
// The operating system says which features a program may use.
slinfer_isa detect() {
  return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0 ? SLINFER_ISA_NEON_DOT : SLINFER_ISA_NEON;
}
#else
slinfer_isa detect() { return SLINFER_ISA_BASELINE; }
#endif

#if !SLINFER_X86
bool runsOn(slinfer_isa wanted, slinfer_isa best) { return wanted <= best; }
#endif

const KernelSet kSets[] = {
    {SLINFER_ISA_BASELINE, baseline::kMatmul, baseline::kAttention, baseline::kRows},
#if SLINFER_X86
    {SLINFER_ISA_AVX2, avx2::kMatmul, avx2::kAttention, avx2::kRows},
    {SLINFER_ISA_AVX512, avx512::kMatmul, avx512::kAttention, avx512::kRows},
    {SLINFER_ISA_AVX512_BF16, avx512bf16::kMatmul, avx512::kAttention, avx512::kRows},
    {SLINFER_ISA_AMX, amx::kMatmul, avx512::kAttention, avx512::kRows},
    {SLINFER_ISA_AMX_EMULATED, amxemulated::kMatmul, avx512::kAttention, avx512::kRows},
#elif SLINFER_ARM
    {SLINFER_ISA_NEON, neon::kMatmul, neon::kAttention, neon::kRows},
    {SLINFER_ISA_NEON_DOT, neondot::kMatmul, neondot::kAttention, neondot::kRows},
#endif
};

}  // namespace

slinfer_isa bestIsa() {
  static const slinfer_isa best = detect();
  return best;
}

const KernelSet* kernelsOf(slinfer_isa isa) {
  const slinfer_isa wanted = isa == SLINFER_ISA_AUTO ? bestIsa() : isa;
  if (!runsOn(wanted, bestIsa())) return nullptr;
  for (const KernelSet& set : kSets) {
    if (set.isa == wanted) return &set;
  }
  return nullptr;
}

}  // namespace slinfer
