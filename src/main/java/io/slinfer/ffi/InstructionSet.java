package io.slinfer.ffi;

/** The instruction sets that native kernels exist for, weakest first. */
public enum InstructionSet {
  /** What the compiler assumes of any CPU of this kind: SSE2 on x86-64, NEON on aarch64. */
  BASELINE(1),
  /** AVX2 with FMA and F16C. */
  AVX2(2),
  /** AVX-512 F, BW, DQ, VL and VNNI. */
  AVX512(3);

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
}
