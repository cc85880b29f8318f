package io.slinfer.config;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** What goes wrong in a simulation, and when, as it stands in a YAML file. */
public record FaultFile(List<Fault> faults) {

  private static final double MOST_SECONDS = 1e9;

  /** The kinds of fault. */
  public enum Kind {
    /** The device and all it holds are gone; it comes back empty. */
    NODE_DEATH,
    /** Every load that ends in the time fails. */
    LOAD_FAILURE,
    /** Every growth of KV that ends in the time fails. */
    KV_EXHAUSTION,
    /** Steps that begin in the time take {@code factor} times as long. */
    SLOW_DEVICE,
    /**
     * Messages between the device and the gateway, both ways, are lost with {@code probability}.
     */
    LOST_MESSAGES,
    /**
     * Messages between the device and the gateway, both ways, take up to {@code delay-seconds}
     * more.
     */
    DELAYED_MESSAGES;

    /** As files write them. */
    private static final List<String> WORDS =
        Arrays.stream(values())
            .map(kind -> kind.name().toLowerCase(Locale.ROOT).replace('_', '-'))
            .toList();

    /** Whether it is the network's fault, not the device's. */
    public boolean concernsMessages() {
      return this == LOST_MESSAGES || this == DELAYED_MESSAGES;
    }
  }

  /**
   * One fault.
   *
   * @param device id such as {@code gpu:0}
   * @param atSeconds when it begins, in virtual time
   * @param forSeconds how long it lasts
   * @param factor of a slow device, 1 or more
   * @param probability of losing a message, 0 to below 1
   * @param delaySeconds most extra delay of a message
   */
  public record Fault(
      Kind kind,
      String device,
      double atSeconds,
      double forSeconds,
      double factor,
      double probability,
      double delaySeconds) {

    public Fault {
      if (kind == null || device == null || atSeconds < 0 || forSeconds <= 0) {
        throw new IllegalArgumentException(
            "a fault needs kind, device, at-seconds (0 or more) and for-seconds (above 0)");
      }
      if (kind == Kind.SLOW_DEVICE && factor < 1) {
        throw new IllegalArgumentException("factor is " + factor + "; allowed: 1 or more");
      }
      if (probability < 0 || probability >= 1 || delaySeconds < 0) {
        throw new IllegalArgumentException(
            "probability is "
                + probability
                + ", delay-seconds is "
                + delaySeconds
                + "; allowed: 0 to below 1, 0 or more");
      }
    }

    /** Whether the fault lasts at a time. */
    public boolean isActive(long nowNanos) {
      return nowNanos >= startNanos() && nowNanos < endNanos();
    }

    public long startNanos() {
      return Math.round(atSeconds * 1e9);
    }

    public long endNanos() {
      return Math.round((atSeconds + forSeconds) * 1e9);
    }
  }

  /** No faults. */
  public static final FaultFile NONE = new FaultFile(List.of());

  public FaultFile {
    faults = List.copyOf(faults);
  }

  /**
   * Reads a file.
   *
   * @throws SettingsException naming the file, the key, the value and what is allowed
   */
  public static FaultFile read(Path file) {
    return Yaml.read(file, root -> new FaultFile(root.list("faults", FaultFile::fault)));
  }

  private static Fault fault(Section fault) {
    String kind = fault.word("kind", "", Kind.WORDS);
    Kind known = Kind.values()[Kind.WORDS.indexOf(kind)];
    boolean slow = known == Kind.SLOW_DEVICE;
    return new Fault(
        known,
        fault.requiredText("device"),
        fault.number("at-seconds", 0, 0, MOST_SECONDS),
        fault.number("for-seconds", 0, Double.MIN_VALUE, MOST_SECONDS),
        fault.number("factor", slow ? 1 : 0, slow ? 1 : 0, 1e6),
        fault.number("probability", 0, 0, Math.nextDown(1.0)),
        fault.number("delay-seconds", 0, 0, MOST_SECONDS));
  }

  /** The faults of one device. */
  public List<Fault> of(String device) {
    return faults.stream().filter(fault -> fault.device().equals(device)).toList();
  }
}
