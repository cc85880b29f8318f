package io.slinfer.placement;

import io.slinfer.admission.Candidate;
import io.slinfer.admission.DeviceSnapshot;
import io.slinfer.admission.InstanceSnapshot;
import io.slinfer.admission.SlackTest;
import io.slinfer.cost.DeviceKind;
import io.slinfer.cost.DeviceSpec;
import io.slinfer.cost.InstanceCosts;
import io.slinfer.cost.MemoryTimes;
import io.slinfer.placement.Placement.NewInstance;
import io.slinfer.placement.Placement.NoCapacity;
import io.slinfer.placement.Placement.OnInstance;
import io.slinfer.placement.Placement.Resumed;
import io.slinfer.placement.Placement.Retiring;
import io.slinfer.placement.Room.Leaving;
import io.slinfer.request.ModelId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Our placement: joins the model where it runs, GPU first; else opens an instance, CPU first; else
 * pauses an instance that is worth less to the host. CPUs are filled in levels: up to a calm one at
 * first, so that a prompt disturbs nobody's decoding; above it only what no GPU can take in time.
 * GPU instances without requests make room, the least wanted first. What an instance is worth is
 * the requests it holds and those it can expect.
 *
 * @param onGpu the admission test of GPUs
 * @param onCpu the admission tests of CPUs, calm to crowded; only at the last a GPU is loaded
 *     though the load costs the request its first deadline
 */
public record SlinferPlacement(
    SlackTest onGpu, List<SlackTest> onCpu, MemoryTimes times, Tuning tuning)
    implements PlacementPolicy {

  /**
   * What was tuned.
   *
   * @param pausing whether instances may be paused to the host for others that are worth more
   * @param swapping whether instances whose requests have time may be paused to the host for a
   *     while
   * @param retiring whether an instance that others want the place of takes no more requests and
   *     leaves when it has none, instead of being paused
   * @param turnSeconds how long it is served before that
   * @param requestPausing whether requests with slack may be set aside for others
   * @param resident whether instances without requests stay until their place is wanted
   * @param horizonSeconds how far ahead expected requests count
   * @param tightWeight how many times a request counts that a pause would break
   * @param countsQueue whether a newcomer stands for all waiting requests for its model
   * @param advantage how many times more than its victim a newcomer must be worth
   * @param mostParked how many paused instances a GPU may owe a comeback before no more are paused
   * @param hopelessLast whether a paused instance that can keep no promise any more comes back only
   *     while no request waits for a place
   * @param urgentSeconds a paused instance with less slack than this may displace others
   */
  public record Tuning(
      boolean pausing,
      boolean swapping,
      boolean retiring,
      double turnSeconds,
      boolean requestPausing,
      boolean resident,
      double horizonSeconds,
      double tightWeight,
      boolean countsQueue,
      double advantage,
      int mostParked,
      boolean hopelessLast,
      double urgentSeconds) {

    /**
     * For a server: no model is kept out, and nobody who waits for tokens waits for long.
     *
     * @param pauses whether there is a host that keeps what is paused
     */
    public Tuning forServing(boolean pauses) {
      return new Tuning(
          pausing && pauses,
          true,
          true,
          turnSeconds,
          requestPausing,
          resident,
          horizonSeconds,
          tightWeight,
          countsQueue,
          advantage,
          mostParked,
          false,
          urgentSeconds);
    }

    /**
     * Whether what is worth less is paused for long on a device. A CPU whose models do not fit
     * together has nobody away for long: there the models take turns.
     */
    boolean displaces(DeviceSpec device) {
      return pausing && device.kind() == DeviceKind.GPU;
    }
  }

  /**
   * How hard the devices are filled.
   *
   * @param first whether no other level was tried before
   * @param loadsLate whether a GPU is loaded though the load costs the request its first deadline
   */
  private record Level(SlackTest onCpu, boolean first, boolean loadsLate) {}

  /** One look for a place. */
  private record Look(Candidate request, ClusterView view, Worth worth, long nowNanos) {}

  @Override
  public Placement place(Candidate request, ClusterView view, long nowNanos) {
    Look look = new Look(request, view, new Worth(tuning, view), nowNanos);
    Placement placement = new NoCapacity();
    for (int i = 0; i < onCpu.size() && placement instanceof NoCapacity; i++) {
      Level level = new Level(onCpu.get(i), i == 0, i == onCpu.size() - 1);
      placement = join(look, level);
      if (placement instanceof NoCapacity) {
        placement = open(look, level);
      }
    }
    if (placement instanceof NoCapacity && tuning.swapping()) {
      placement = swap(look);
    }
    if (placement instanceof NoCapacity && tuning.pausing()) {
      placement = displace(look);
    }
    return placement instanceof NoCapacity && tuning.retiring() ? retire(look) : placement;
  }

  @Override
  public Placement resume(
      DeviceSnapshot device, InstanceSnapshot parked, ClusterView view, long nowNanos) {
    return new Comeback(room(), swap(), times, tuning).of(device, parked, view, nowNanos);
  }

  private Room room() {
    return new Room(onGpu, tuning);
  }

  private Swap swap() {
    return new Swap(room(), onGpu, times);
  }

  /** A GPU is asked once: its test is the same at each level. */
  private Placement join(Look look, Level level) {
    List<Target> targets = new ArrayList<>();
    for (DeviceSnapshot device : look.view().devices()) {
      if (!level.first() && device.spec().kind() == DeviceKind.GPU) {
        continue;
      }
      for (InstanceSnapshot instance : device.instances()) {
        if (instance.model().equals(look.request().model())
            && (instance.open() || (instance.parked() && room().slots(device) > 0))) {
          targets.add(target(device, instance, look.request()));
        }
      }
    }
    targets.sort(
        Comparator.comparing((Target target) -> target.before().parked())
            .thenComparing(target -> !target.onGpu())
            .thenComparing(target -> -target.before().batch()));
    for (Target target : targets) {
      if (timeHolds(target, level.onCpu(), look.nowNanos())) {
        Optional<Leaving> leaving = room().leaving(target, look.worth(), null);
        if (leaving.isPresent()) {
          return join(target, leaving.get());
        }
      }
    }
    return new NoCapacity();
  }

  private Placement join(Target target, Leaving leaving) {
    int device = target.device().index();
    int instance = target.before().index();
    int blocks = room().blocks(target, leaving.bytes());
    List<Integer> victims = leaving.victims();
    return target.before().parked()
        ? new Resumed(device, instance, blocks, victims)
        : new OnInstance(device, instance, blocks, victims);
  }

  private Placement open(Look look, Level level) {
    for (DeviceKind kind : DeviceKind.values()) {
      if (kind == DeviceKind.GPU && !level.first() && !level.loadsLate()) {
        continue;
      }
      Placement best = new NoCapacity();
      double leastWanted = Double.MAX_VALUE;
      for (DeviceSnapshot device : fullestFirst(look.view(), kind)) {
        if (runs(device, look.request().model())) {
          continue;
        }
        Target target = fresh(device, look);
        if (!asked(target, look, level) || !timeHolds(target, level.onCpu(), look.nowNanos())) {
          continue;
        }
        Optional<Leaving> leaving = room().leaving(target, look.worth(), null);
        if (leaving.isPresent()) {
          double wanted = look.worth().expected(device, leaving.get().victims());
          if (wanted < leastWanted) {
            leastWanted = wanted;
            best = open(target, leaving.get());
          }
        }
      }
      if (!(best instanceof NoCapacity)) {
        return best;
      }
    }
    return new NoCapacity();
  }

  /** Whether a new instance is looked at on this level: each GPU on one of them. */
  private boolean asked(Target target, Look look, Level level) {
    if (!target.onGpu() || (level.first() && level.loadsLate())) {
      return true;
    }
    return level.first() == loadsInTime(target, look);
  }

  private Placement placed(Target target, Leaving leaving) {
    return target.before().index() >= 0 ? join(target, leaving) : open(target, leaving);
  }

  private Placement open(Target target, Leaving leaving) {
    int blocks = room().blocks(target, leaving.bytes());
    return new NewInstance(target.device().index(), blocks, leaving.victims());
  }

  private boolean loadsInTime(Target target, Look look) {
    long firstTokenNanos =
        look.nowNanos()
            + times.loadNanos(target.before().costs().shape())
            + target.after().prefillNanos();
    return firstTokenNanos <= look.request().deadlineNanos();
  }

  /** Whether the model is here, or comes back as soon as somebody wants it. */
  private boolean runs(DeviceSnapshot device, ModelId model) {
    for (InstanceSnapshot instance : device.instances()) {
      boolean isHere = instance.open() || (tuning.swapping() && instance.paused());
      if (isHere && instance.model().equals(model)) {
        return true;
      }
    }
    return false;
  }

  private List<DeviceSnapshot> fullestFirst(ClusterView view, DeviceKind kind) {
    List<DeviceSnapshot> devices = new ArrayList<>();
    for (DeviceSnapshot device : view.devices()) {
      if (device.spec().kind() == kind && room().slots(device) > 0) {
        devices.add(device);
      }
    }
    devices.sort(Comparator.comparingDouble(device -> -fullness(device)));
    return devices;
  }

  private static double fullness(DeviceSnapshot device) {
    if (device.spec().memoryMoves()) {
      return device.promisedBytes();
    }
    double nanos = 0;
    for (InstanceSnapshot instance : device.instances()) {
      nanos += instance.decodeNanos();
    }
    return nanos;
  }

  /** In place of the instance whose requests have the most time, until they need it. */
  private Placement swap(Look look) {
    for (DeviceSnapshot device : look.view().devices()) {
      if (!device.spec().memoryMoves()) {
        continue;
      }
      Target target = displacing(device, look);
      if (timeHolds(target, onGpu, look.nowNanos())) {
        Optional<Leaving> leaving =
            swap().forRequest(target, look.request(), look.worth(), look.nowNanos());
        if (leaving.isPresent()) {
          return placed(target, leaving.get());
        }
      }
    }
    return new NoCapacity();
  }

  /** In place of the least worthy instance that is worth less than the newcomer. */
  private Placement displace(Look look) {
    double leastWorth = look.worth().ofNewcomer(look.request().model()) / tuning.advantage();
    Placement best = new NoCapacity();
    for (DeviceSnapshot device : look.view().devices()) {
      if (!device.spec().memoryMoves()
          || !tuning.displaces(device.spec())
          || owed(device) >= tuning.mostParked()) {
        continue;
      }
      Target target = displacing(device, look);
      if (!timeHolds(target, onGpu, look.nowNanos())) {
        continue;
      }
      for (InstanceSnapshot victim : device.instances()) {
        boolean leaves = victim.open() && !victim.loading() && !victim.stays();
        if (!leaves || victim.model().equals(look.request().model())) {
          continue;
        }
        double worth = look.worth().of(victim);
        Optional<Leaving> leaving =
            worth < leastWorth ? room().leaving(target, look.worth(), victim) : Optional.empty();
        if (leaving.isPresent()) {
          best = placed(target, leaving.get());
          leastWorth = worth;
        }
      }
    }
    return best;
  }

  /**
   * The least worthy instance that is worth less than the newcomer, on a device where none is on
   * its way out already.
   */
  private Placement retire(Look look) {
    double leastWorth = look.worth().ofNewcomer(look.request().model()) / tuning.advantage();
    Placement best = new NoCapacity();
    for (DeviceSnapshot device : look.view().devices()) {
      if (!device.spec().memoryMoves()
          || tuning.displaces(device.spec())
          || device.instances().stream().anyMatch(InstanceSnapshot::retiring)) {
        continue;
      }
      Target target = displacing(device, look);
      for (InstanceSnapshot victim : device.instances()) {
        boolean leaves =
            victim.open()
                && !victim.loading()
                && !victim.stays()
                && look.nowNanos() - victim.loadedNanos() >= tuning.turnSeconds() * 1e9;
        if (!leaves || victim.model().equals(look.request().model())) {
          continue;
        }
        double worth = look.worth().of(victim);
        if (worth < leastWorth
            && onGpu.timeHolds(
                device.without(victim), target.before(), target.after(), look.nowNanos())
            && room().ending(target, look.worth(), victim).isPresent()) {
          best = new Retiring(device.index(), victim.index());
          leastWorth = worth;
        }
      }
    }
    return best;
  }

  /** The model's own instance on the device, running or parked, else a new one. */
  private Target displacing(DeviceSnapshot device, Look look) {
    for (InstanceSnapshot instance : device.instances()) {
      boolean own = instance.model().equals(look.request().model());
      if (own && (instance.open() || instance.parked())) {
        return target(device, instance, look.request());
      }
    }
    return fresh(device, look);
  }

  /** How many paused instances of the device still have a promise to keep. */
  private static int owed(DeviceSnapshot device) {
    int owed = 0;
    for (InstanceSnapshot instance : device.instances()) {
      owed += !instance.open() && instance.hopeful() > 0 ? 1 : 0;
    }
    return owed;
  }

  private Target target(DeviceSnapshot device, InstanceSnapshot instance, Candidate request) {
    int reserve = onGpu.sizing().reserveTokens();
    return new Target(device, instance, instance.with(request, device.spec(), reserve));
  }

  private Target fresh(DeviceSnapshot device, Look look) {
    ModelId model = look.request().model();
    InstanceCosts costs =
        look.view().costs().apply(model, device.spec().kind()).slowedBy(device.costFactor());
    return target(device, InstanceSnapshot.fresh(model, costs, device.spec()), look.request());
  }

  private boolean timeHolds(Target target, SlackTest cpuTest, long nowNanos) {
    SlackTest test = target.onGpu() ? onGpu : cpuTest;
    return test.timeHolds(target.device(), target.before(), target.after(), nowNanos);
  }
}
