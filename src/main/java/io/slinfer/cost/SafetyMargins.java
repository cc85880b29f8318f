package io.slinfer.cost;

/** How far predictions and promises are kept apart; every margin of the scheduler is here. */
public final class SafetyMargins {

  /** The part of each promised time that the scheduler aims at (the paper's 0.2375 s of 0.25 s). */
  public static final double AIM = 0.95;

  private SafetyMargins() {}

  /** What predicted steps on a kind of device are multiplied by (the paper's factors). */
  public static double ofSteps(DeviceKind kind) {
    return switch (kind) {
      case GPU -> 1.05;
      case CPU -> 1.10;
    };
  }
}
