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

  /** How many times the KV that fits the requests of an instance may need, with those set aside. */
  private static final double MOST_CROWDED = 1.5;

  /**
   * What was tuned.
   *
   * @param pausing whether instances may be paused to the host
   * @param requestPausing whether requests with slack may be set aside for others
   * @param resident whether instances without requests stay until their place is wanted
   * @param horizonSeconds how far ahead expected requests count
   * @param tightWeight how many times a request counts that a pause would break
   * @param countsQueue whether a newcomer stands for all waiting requests for its model
   * @param advantage how many times more than its victim a newcomer must be worth
   * @param mostParked how many paused instances a GPU may owe a comeback before no more are paused
   * @param urgentSeconds a paused instance with less slack than this may displace others
   */
  public record Tuning(
      boolean pausing,
      boolean requestPausing,
      boolean resident,
      double horizonSeconds,
      double tightWeight,
      boolean countsQueue,
      double advantage,
      int mostParked,
      double urgentSeconds) {}

  private record Target(DeviceSnapshot device, InstanceSnapshot before, InstanceSnapshot after) {}

  private record Level(SlackTest onCpu, boolean loadsLate) {}

  /** What leaves a device for a newcomer. */
  private record Leaving(List<Integer> victims, long bytes) {}

  @Override
  public Placement place(Candidate request, ClusterView view, long nowNanos) {
    Placement placement = new NoCapacity();
    for (int i = 0; i < onCpu.size() && placement instanceof NoCapacity; i++) {
      Level level = new Level(onCpu.get(i), i == onCpu.size() - 1);
      placement = join(request, view, level, nowNanos);
      if (placement instanceof NoCapacity) {
        placement = open(request, view, level, nowNanos);
      }
    }
    return placement instanceof NoCapacity && tuning.pausing()
        ? displace(request, view, nowNanos)
        : placement;
  }

  private Placement join(Candidate request, ClusterView view, Level level, long nowNanos) {
    List<Target> targets = new ArrayList<>();
    for (DeviceSnapshot device : view.devices()) {
      for (InstanceSnapshot instance : device.instances()) {
        boolean reachable = instance.open() || (instance.parked() && slots(device) > 0);
        if (reachable && instance.model().equals(request.model())) {
          targets.add(target(device, instance, request));
        }
      }
    }
    targets.sort(
        Comparator.comparing((Target target) -> target.before().parked())
            .thenComparing(target -> target.device().spec().kind() == DeviceKind.CPU)
            .thenComparing(target -> -target.before().batch()));
    for (Target target : targets) {
      Optional<Leaving> leaving = leaving(target, view, Optional.empty());
      if (leaving.isPresent() && timeHolds(target, level, nowNanos)) {
        return join(target, leaving.get());
      }
    }
    return new NoCapacity();
  }

  private Placement join(Target target, Leaving leaving) {
    int device = target.device().index();
    int instance = target.before().index();
    int blocks = blocks(target, leaving.bytes());
    List<Integer> victims = leaving.victims();
    return target.before().parked()
        ? new Resumed(device, instance, blocks, victims)
        : new OnInstance(device, instance, blocks, victims);
  }

  private Placement open(Candidate request, ClusterView view, Level level, long nowNanos) {
    for (DeviceKind kind : DeviceKind.values()) {
      Placement best = new NoCapacity();
      double leastWanted = Double.MAX_VALUE;
      for (DeviceSnapshot device : fullestFirst(view, kind)) {
        if (runs(device, request.model())) {
          continue;
        }
        Target target = fresh(device, request, view);
        Optional<Leaving> leaving = leaving(target, view, Optional.empty());
        boolean inTime =
            kind == DeviceKind.CPU || level.loadsLate() || loadsInTime(target, request, nowNanos);
        boolean fits = inTime && leaving.isPresent() && timeHolds(target, level, nowNanos);
        if (fits && wanted(device, leaving.get(), view) < leastWanted) {
          leastWanted = wanted(device, leaving.get(), view);
          best = open(target, leaving.get());
        }
      }
      if (!(best instanceof NoCapacity)) {
        return best;
      }
    }
    return new NoCapacity();
  }

  private Placement open(Target target, Leaving leaving) {
    int blocks = blocks(target, leaving.bytes());
    return new NewInstance(target.device().index(), blocks, leaving.victims());
  }

  /** Requests that the leaving instances can expect; 0 when none leaves. */
  private double wanted(DeviceSnapshot device, Leaving leaving, ClusterView view) {
    double wanted = 0;
    for (InstanceSnapshot instance : device.instances()) {
      if (leaving.victims().contains(instance.index())) {
        wanted += expected(instance.model(), view, 0);
      }
    }
    return wanted;
  }

  /** Slots that are free or can be had from instances without requests. */
  private int slots(DeviceSnapshot device) {
    return device.freeSlots() + idle(device).size();
  }

  private List<InstanceSnapshot> idle(DeviceSnapshot device) {
    return tuning.resident() && device.spec().memoryMoves()
        ? device.instances().stream().filter(InstanceSnapshot::idle).toList()
        : List.of();
  }

  /**
   * What must leave so that the target has a slot and its memory: the victim, if there is one, and
   * instances without requests, the least wanted first. Empty if that is not enough.
   */
  private Optional<Leaving> leaving(
      Target target, ClusterView view, Optional<InstanceSnapshot> victim) {
    DeviceSnapshot device = target.device();
    List<Integer> victims = new ArrayList<>();
    victim.ifPresent(paused -> victims.add(paused.index()));
    long bytes = victim.map(paused -> paused.promisedBytes(device.spec())).orElse(0L);
    boolean takesSlot = target.before().index() < 0 || target.before().parked();
    int slots = takesSlot && victim.isEmpty() ? device.freeSlots() : 1;
    if (slots > 0 && memoryHolds(target, bytes)) {
      return Optional.of(new Leaving(victims, bytes));
    }
    for (InstanceSnapshot instance : leastWantedFirst(device, view)) {
      if (instance.index() == target.before().index() || victims.contains(instance.index())) {
        continue;
      }
      victims.add(instance.index());
      bytes += instance.promisedBytes(device.spec());
      slots++;
      if (slots > 0 && memoryHolds(target, bytes)) {
        return Optional.of(new Leaving(victims, bytes));
      }
    }
    return Optional.empty();
  }

  private List<InstanceSnapshot> leastWantedFirst(DeviceSnapshot device, ClusterView view) {
    return idle(device).stream()
        .sorted(Comparator.comparingDouble(instance -> expected(instance.model(), view, 0)))
        .toList();
  }

  private boolean loadsInTime(Target target, Candidate request, long nowNanos) {
    long firstTokenNanos =
        nowNanos + times.loadNanos(target.before().costs().shape()) + target.after().prefillNanos();
    return firstTokenNanos <= request.deadlineNanos();
  }

  private static boolean runs(DeviceSnapshot device, ModelId model) {
    return device.instances().stream()
        .anyMatch(instance -> instance.open() && instance.model().equals(model));
  }

  private List<DeviceSnapshot> fullestFirst(ClusterView view, DeviceKind kind) {
    return view.devices().stream()
        .filter(device -> device.spec().kind() == kind && slots(device) > 0)
        .sorted(Comparator.comparingDouble(device -> -fullness(device)))
        .toList();
  }

  private static double fullness(DeviceSnapshot device) {
    return device.spec().memoryMoves()
        ? device.promisedBytes()
        : device.instances().stream().mapToDouble(InstanceSnapshot::decodeNanos).sum();
  }

  /** In place of the least worthy instance that is worth less than the newcomer. */
  private Placement displace(Candidate request, ClusterView view, long nowNanos) {
    double leastWorth =
        (waiting(request, view) + expected(request.model(), view, 1)) / tuning.advantage();
    Placement best = new NoCapacity();
    for (DeviceSnapshot device : view.devices()) {
      if (!device.spec().memoryMoves() || owed(device) >= tuning.mostParked()) {
        continue;
      }
      for (InstanceSnapshot victim : device.instances()) {
        if (!victim.open()
            || victim.loading()
            || victim.stays()
            || victim.model().equals(request.model())) {
          continue;
        }
        double worth = worth(victim, view);
        if (worth < leastWorth) {
          Target target = displacing(device, request, view);
          Level level = new Level(onGpu, true);
          Optional<Leaving> leaving = leaving(target, view, Optional.of(victim));
          if (leaving.isPresent() && timeHolds(target, level, nowNanos)) {
            best =
                target.before().index() >= 0
                    ? join(target, leaving.get())
                    : open(target, leaving.get());
            leastWorth = worth;
          }
        }
      }
    }
    return best;
  }

  /** The model's own instance on the device, running or parked, else a new one. */
  private Target displacing(DeviceSnapshot device, Candidate request, ClusterView view) {
    for (InstanceSnapshot instance : device.instances()) {
      boolean own = instance.model().equals(request.model());
      if (own && (instance.open() || instance.parked())) {
        return target(device, instance, request);
      }
    }
    return fresh(device, request, view);
  }

  /** How many paused instances of the device still have a promise to keep. */
  private static long owed(DeviceSnapshot device) {
    return device.instances().stream()
        .filter(instance -> !instance.open() && instance.hopeful() > 0)
        .count();
  }

  @Override
  public Placement resume(
      DeviceSnapshot device, InstanceSnapshot parked, ClusterView view, long nowNanos) {
    long blockBytes = parked.costs().blockBytes(device.spec().kvBlockTokens());
    long weightBytes = parked.costs().shape().weightBytes();
    long mostBlocks = (device.spec().capacityBytes() - weightBytes) / blockBytes;
    int blocks = (int) Math.min(parked.comebackBlocks(), mostBlocks);
    long bytes = weightBytes + blocks * blockBytes;
    long room = device.spec().capacityBytes() - device.promisedBytes();
    int slots = device.freeSlots();
    List<Integer> idle = new ArrayList<>();
    for (InstanceSnapshot instance : leastWantedFirst(device, view)) {
      if (slots <= 0 || bytes > room) {
        idle.add(instance.index());
        room += instance.promisedBytes(device.spec());
        slots++;
      }
    }
    if (slots > 0 && bytes <= room) {
      return new Resumed(device.index(), parked.index(), blocks, idle);
    }
    long slackNanos = parked.deadlineNanos() - nowNanos - times.loadNanos(parked.costs().shape());
    if (slackNanos / 1e9 > tuning.urgentSeconds()) {
      return new NoCapacity();
    }
    Placement best = new NoCapacity();
    double leastWorth = parked.hopeful() / tuning.advantage();
    for (InstanceSnapshot victim : device.instances()) {
      boolean enough = room + victim.promisedBytes(device.spec()) >= bytes;
      boolean leaves =
          victim.open() && !victim.loading() && !victim.stays() && !idle.contains(victim.index());
      if (leaves && enough && worth(victim, view) < leastWorth) {
        leastWorth = worth(victim, view);
        List<Integer> victims = new ArrayList<>(idle);
        victims.add(victim.index());
        best = new Resumed(device.index(), parked.index(), blocks, victims);
      }
    }
    return best;
  }

  /** Requests that it would serve; those that a pause would break count more. */
  private double worth(InstanceSnapshot instance, ClusterView view) {
    return instance.hopeful()
        + (tuning.tightWeight() - 1) * instance.tight()
        + expected(instance.model(), view, 0);
  }

  /** Requests for the candidate's model that wait for a place, itself too. */
  private double waiting(Candidate request, ClusterView view) {
    return tuning.countsQueue() ? Math.max(1, view.queued().getOrDefault(request.model(), 0)) : 1;
  }

  /** Requests that each of a model's GPU instances can expect over the horizon. */
  private double expected(ModelId model, ClusterView view, int more) {
    int copies = Math.max(1, more + view.gpuCopies().getOrDefault(model, 0));
    return view.demand().applyAsDouble(model) * tuning.horizonSeconds() / copies;
  }

  private Target target(DeviceSnapshot device, InstanceSnapshot instance, Candidate request) {
    int reserve = onGpu.sizing().reserveTokens();
    return new Target(device, instance, instance.with(request, device.spec(), reserve));
  }

  private Target fresh(DeviceSnapshot device, Candidate request, ClusterView view) {
    InstanceCosts costs =
        view.costs().apply(request.model(), device.spec().kind()).slowedBy(device.costFactor());
    return target(device, InstanceSnapshot.fresh(request.model(), costs, device.spec()), request);
  }

  private boolean memoryHolds(Target target, long freedBytes) {
    DeviceSpec spec = target.device().spec();
    long missing = onGpu.missingBytes(spec, target.after());
    if (!spec.memoryMoves()) {
      return missing == 0;
    }
    return missing <= roomBytes(target, freedBytes) || canBeMade(target, missing, freedBytes);
  }

  private static long roomBytes(Target target, long freedBytes) {
    DeviceSnapshot device = target.device();
    return device.spec().capacityBytes() - device.promisedBytes() + freedBytes;
  }

  /** Whether requests with slack can be set aside for it, and not too many would wait in turn. */
  private boolean canBeMade(Target target, long missingBytes, long freedBytes) {
    InstanceSnapshot before = target.before();
    if (!tuning.requestPausing() || !before.open() || before.loading()) {
      return false;
    }
    long blockBytes = before.costs().blockBytes(target.device().spec().kvBlockTokens());
    long room = roomBytes(target, freedBytes);
    long fits = before.promisedBlocks() + room / blockBytes;
    return missingBytes <= room + before.spareBlocks() * blockBytes
        && target.after().neededBlocks() <= fits * MOST_CROWDED;
  }

  private boolean timeHolds(Target target, Level level, long nowNanos) {
    boolean gpu = target.device().spec().kind() == DeviceKind.GPU;
    SlackTest test = gpu ? onGpu : level.onCpu();
    return test.timeHolds(target.device(), target.before(), target.after(), nowNanos);
  }

  private int blocks(Target target, long freedBytes) {
    DeviceSpec spec = target.device().spec();
    InstanceSnapshot after = target.after();
    int minimum = onGpu.sizing().minimumBlocks(after.neededBlocks(), spec.kvBlockTokens());
    if (!spec.memoryMoves() || minimum <= after.promisedBlocks()) {
      return after.promisedBlocks();
    }
    long blockBytes = after.costs().blockBytes(spec.kvBlockTokens());
    long room = roomBytes(target, freedBytes);
    long left = room - onGpu.missingBytes(spec, after);
    if (left < 0) {
      return after.promisedBlocks() + (int) (room / blockBytes);
    }
    return onGpu
        .sizing()
        .grownBlocks(after.neededBlocks(), spec.kvBlockTokens(), left / blockBytes);
  }
}
