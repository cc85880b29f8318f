package io.slinfer.sim;

import io.slinfer.admission.ShadowValidation;
import io.slinfer.cost.DeviceKind;
import io.slinfer.cost.DeviceSpec;
import io.slinfer.cost.MemoryTimes;
import io.slinfer.cost.SafetyMargins;
import io.slinfer.memory.KvSizing;
import io.slinfer.memory.Residence;
import io.slinfer.placement.ExclusivePlacement;
import io.slinfer.placement.PaperPlacement;
import io.slinfer.placement.PlacementPolicy;
import io.slinfer.request.DeadlineRule;
import io.slinfer.scheduler.Coordinator;
import io.slinfer.scheduler.DeviceSettings;
import io.slinfer.scheduler.PollingCoordinator;
import io.slinfer.scheduler.PrefillFirstBatching;
import io.slinfer.scheduler.QueueCoordinator;
import io.slinfer.scheduler.SlinferPolicy;
import io.slinfer.scheduler.StepOrder;
import java.util.Arrays;
import java.util.stream.Collectors;

/** The systems that can be compared, each put together from policies. */
public enum PolicyName {
  SLLM("sllm", null),
  SLLM_C("sllm+c", null),
  SLLM_C_S("sllm+c+s", null),
  SLINFER_PAPER("slinfer-paper", null),
  SLINFER("slinfer", SlinferPolicy.FULL),
  SLINFER_NO_PAUSING(
      "slinfer:no-pausing",
      new SlinferPolicy(false, true, true, true, true, true, true, true, true)),
  SLINFER_NO_REQUEST_PAUSING(
      "slinfer:no-request-pausing",
      new SlinferPolicy(true, false, true, true, true, true, true, true, true)),
  SLINFER_NO_PAGED_GROWTH(
      "slinfer:no-paged-growth",
      new SlinferPolicy(true, true, false, true, true, true, true, true, true)),
  SLINFER_NO_FEWEST_FIRST(
      "slinfer:no-fewest-first",
      new SlinferPolicy(true, true, true, false, true, true, true, true, true)),
  SLINFER_NO_FIRST_TOKEN(
      "slinfer:no-first-token-deadlines",
      new SlinferPolicy(true, true, true, true, false, true, true, true, true)),
  SLINFER_NO_CALM_CPUS(
      "slinfer:no-calm-cpus",
      new SlinferPolicy(true, true, true, true, true, false, true, true, true)),
  SLINFER_NO_RESIDENCE(
      "slinfer:no-residence",
      new SlinferPolicy(true, true, true, true, true, true, false, true, true)),
  SLINFER_NO_FINE_WORTH(
      "slinfer:no-fine-worth",
      new SlinferPolicy(true, true, true, true, true, true, true, false, true)),
  SLINFER_NO_HOPELESS_LAST(
      "slinfer:no-hopeless-last",
      new SlinferPolicy(true, true, true, true, true, true, true, true, false)),
  SLINFER_QUEUE_ONLY(
      "slinfer:queue-only",
      new SlinferPolicy(false, false, false, false, false, false, false, false, false));

  private static final KvSizing FIXED_KV = new KvSizing(0, 512, Double.POSITIVE_INFINITY);

  private final String label;
  private final SlinferPolicy ours;

  PolicyName(String label, SlinferPolicy ours) {
    this.label = label;
    this.ours = ours;
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
    String all = Arrays.stream(values()).map(PolicyName::label).collect(Collectors.joining(", "));
    throw new IllegalArgumentException("policy is " + label + "; allowed: " + all);
  }

  PlacementPolicy placement(MemoryTimes times) {
    return switch (this) {
      case SLLM -> new ExclusivePlacement(false, 1);
      case SLLM_C -> new ExclusivePlacement(true, 1);
      case SLLM_C_S -> new ExclusivePlacement(true, 2);
      case SLINFER_PAPER -> new PaperPlacement(ShadowValidation.PAPER);
      default -> ours.placement(times);
    };
  }

  Coordinator coordinator(Coordinator.Surroundings around) {
    return ours == null ? new PollingCoordinator(around) : new QueueCoordinator(around);
  }

  /** Whether predictions follow what steps take; the authors' do not. */
  boolean correctsCosts() {
    return ours != null;
  }

  DeadlineRule deadlines() {
    return ours == null ? new DeadlineRule.FromArrival(SafetyMargins.AIM) : ours.deadlines();
  }

  /** What the world's engine can do for this system: the reference runs copy on every resize. */
  VirtualDevice.Engine engine() {
    return new VirtualDevice.Engine(ours != null && ours.pagedGrowth(), ours != null);
  }

  DeviceSettings settings(DeviceSpec device, MemoryTimes times) {
    if (ours != null) {
      return ours.settings(device, times);
    }
    boolean halves = this == SLLM_C_S;
    boolean gpu = device.kind() == DeviceKind.GPU;
    return new DeviceSettings(
        this == SLINFER_PAPER ? KvSizing.PAPER : FIXED_KV,
        PrefillFirstBatching.VLLM,
        Residence.of(gpu ? 1_000_000_000L : 0),
        halves && !gpu ? 2 : 1,
        halves && gpu ? 1 : 0,
        StepOrder.EARLIEST_DEADLINE,
        false,
        false,
        0);
  }
}
