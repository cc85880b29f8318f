package io.slinfer.sim;

import io.slinfer.admission.ShadowValidation;
import io.slinfer.cost.DeviceKind;
import io.slinfer.cost.DeviceSpec;
import io.slinfer.memory.KvSizing;
import io.slinfer.placement.ExclusivePlacement;
import io.slinfer.placement.PaperPlacement;
import io.slinfer.placement.PlacementPolicy;
import io.slinfer.scheduler.DeviceSettings;
import io.slinfer.scheduler.PrefillFirstBatching;

/** The systems that can be compared, each put together from policies. */
public enum PolicyName {
  SLLM("sllm"),
  SLLM_C("sllm+c"),
  SLLM_C_S("sllm+c+s"),
  SLINFER_PAPER("slinfer-paper");

  private static final KvSizing FIXED_KV = new KvSizing(0, 512, Double.POSITIVE_INFINITY);

  private final String label;

  PolicyName(String label) {
    this.label = label;
  }

  /** The name on the command line. */
  public String label() {
    return label;
  }

  /** The policy of this name. */
  public static PolicyName of(String label) {
    for (PolicyName policy : values()) {
      if (policy.label.equals(label)) {
        return policy;
      }
    }
    throw new IllegalArgumentException(
        "policy is " + label + "; allowed: sllm, sllm+c, sllm+c+s, slinfer-paper, slinfer");
  }

  PlacementPolicy placement() {
    return switch (this) {
      case SLLM -> new ExclusivePlacement(false, 1);
      case SLLM_C -> new ExclusivePlacement(true, 1);
      case SLLM_C_S -> new ExclusivePlacement(true, 2);
      case SLINFER_PAPER -> new PaperPlacement(ShadowValidation.PAPER);
    };
  }

  DeviceSettings settings(DeviceSpec device) {
    boolean halves = this == SLLM_C_S;
    boolean gpu = device.kind() == DeviceKind.GPU;
    return new DeviceSettings(
        this == SLINFER_PAPER ? KvSizing.PAPER : FIXED_KV,
        PrefillFirstBatching.VLLM,
        gpu ? 1_000_000_000L : 0,
        halves && !gpu ? 2 : 1,
        halves && gpu ? 1 : 0);
  }
}
