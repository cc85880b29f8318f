package io.slinfer.cost;

import java.util.IdentityHashMap;
import java.util.Map;

/**
 * What the steps of one device teach about its predictions: for each latency profile the ratio of
 * observed to predicted time, slowly averaged, bounded, and used in coarse grains, so that chance
 * changes nothing. A profile without a step yet is taken to be off as the device is on the whole.
 *
 * <p>The same steps give the same ratios. Confined to the device's owner; O(1) a step, no
 * allocation after a profile's first.
 */
public final class CostCorrection {

  private static final double LEAST = 0.5;
  private static final double MOST = 4;
  private static final double GRAIN = 1.0 / 16;

  /** A new step counts for this part of the average: 22 steps bring half of a change. */
  private static final double WEIGHT = 1.0 / 32;

  /** A step that took longer than this times its prediction counts as this. */
  private static final double MOST_OF_A_STEP = 8;

  private static final class Ratio {
    double mean = 1;
    double factor = 1;

    /** Takes note of a step; true if the factor is another now. */
    boolean observe(double ratio) {
      mean += WEIGHT * (Math.min(MOST_OF_A_STEP, ratio) - mean);
      double bounded = Math.clamp(mean, LEAST, MOST);
      if (Math.abs(bounded - factor) < 0.75 * GRAIN) {
        return false;
      }
      factor = Math.round(bounded / GRAIN) * GRAIN;
      return true;
    }
  }

  private final Map<LatencyProfile, Ratio> profiles = new IdentityHashMap<>();
  private final Ratio device = new Ratio();
  private double error;

  /**
   * Takes note of a step.
   *
   * @param predictedNanos by the profile, without safety margin or correction
   * @return whether {@link #corrected} gives other costs from now on
   */
  public boolean observe(InstanceCosts costs, long predictedNanos, long observedNanos) {
    if (predictedNanos <= 0 || observedNanos <= 0) {
      return false;
    }
    Ratio profile = profiles.get(costs.latency());
    if (profile == null) {
      profile = new Ratio();
      profile.mean = device.mean;
      profile.factor = device.factor;
      profiles.put(costs.latency(), profile);
    }
    double ratio = (double) observedNanos / predictedNanos;
    error += WEIGHT * (Math.abs(ratio - profile.factor) / ratio - error);
    boolean deviceChanged = device.observe(ratio);
    return profile.observe(ratio) || deviceChanged;
  }

  /**
   * A request was refused while the device had nothing to do: counts as a step that took what its
   * profile says, since without steps nothing else would correct a mean that is too high.
   *
   * @return whether {@link #corrected} gives other costs from now on
   */
  public boolean doubt() {
    boolean changed = device.mean > 1 && device.observe(1);
    for (Ratio profile : profiles.values()) {
      changed |= profile.mean > 1 && profile.observe(1);
    }
    return changed;
  }

  /** A profile that was measured on this device just now: its own steps alone can say it is off. */
  public void trust(LatencyProfile measured) {
    profiles.put(measured, new Ratio());
  }

  /** The costs of an instance as its steps on this device suggest. */
  public InstanceCosts corrected(InstanceCosts costs) {
    Ratio profile = profiles.get(costs.latency());
    return costs.slowedBy(profile == null ? device.factor : profile.factor);
  }

  /** How many times longer than predicted steps of this device take, on the whole. */
  public double deviceFactor() {
    return device.factor;
  }

  /**
   * How far corrected predictions were off lately, without safety margin: the mean of |observed -
   * predicted| / observed over the steps of the device.
   */
  public double predictionError() {
    return error;
  }
}
