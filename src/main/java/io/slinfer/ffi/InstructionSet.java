package io.slinfer.ffi;

import java.util.Arrays;
import java.util.List;

/** The instruction sets that native kernels exist for, for each kind of CPU weakest first. */
public enum InstructionSet {
  /** What the compiler assumes of any CPU of this kind; portable code. */
  BASELINE(1),
  /** AVX2 with FMA and F16C. */
  AVX2(2),
  /** AVX-512 F, BW, DQ, VL and VNNI. */
  AVX512(3),
  /** The kernels of AMX over tiles in portable code: for checks, never chosen. */
  AMX_EMULATED(8),
  /** AVX-512 as above with BF16: BF16 weights meet activations rounded to bfloat16. */
  AVX512_BF16(4),
  /** AVX-512 as above with the tiles of AMX for int8 and BF16. */
  AMX(7),
  /** NEON of any aarch64. */
  NEON(5),
  /** NEON with the products of bytes of Armv8.2. */
  NEON_DOT(6);

  private final int code;

  InstructionSet(int code) {
    this.code = code;
  }

  /** Its number in pool.h. */
  int code() {
    return code;
  }

  static InstructionSet ofCode(int code) {
    for (InstructionSet set : values()) {
      if (set.code == code) {
        return set;
      }
    }
    throw new IllegalStateException("instruction set " + code);
  }

  /** The best one that this machine's CPU and operating system both support. */
  public static InstructionSet best() {
    return KernelPool.bestInstructionSet();
  }

  /** All that this machine's CPU and operating system both support, the best one last. */
  public static List<InstructionSet> available() {
    return Arrays.stream(values()).filter(KernelPool::has).toList();
  }
}
