package io.slinfer.scheduler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.cost.DeviceSpec;
import io.slinfer.cost.InstanceCosts;
import io.slinfer.memory.Ledger;
import io.slinfer.request.InstanceId;
import io.slinfer.request.ModelId;
import io.slinfer.scheduler.MemoryAction.Kind;
import io.slinfer.testing.RandomDevices;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/**
 * Whatever is promised, in whatever order the device answers: nothing is overdrawn or forgotten.
 */
final class MemoryWorkTest {

  /** A device that remembers what it was asked for and is told when to answer. */
  private static final class World {
    final Random random;
    final DeviceSpec spec;
    final Ledger ledger;
    final MemoryWork memory;
    final List<Instance> instances = new ArrayList<>();
    final boolean shrinksLate;
    int created;

    World(long seed) {
      this.random = new Random(seed);
      this.spec = RandomDevices.gpu(random);
      this.shrinksLate = random.nextBoolean();
      this.ledger = new Ledger(spec.capacityBytes());
      this.memory = new MemoryWork(ledger, instances, shrinksLate);
    }

    Instance create(InstanceCosts costs) {
      InstanceId id = new InstanceId("i" + created);
      Instance instance = new Instance(created++, id, new ModelId("m"), costs, spec);
      instances.add(instance);
      return instance;
    }

    /** Promises something that fits: a new instance, another size, or an instance's end. */
    void decide() {
      Instance chosen =
          instances.isEmpty() ? null : instances.get(random.nextInt(instances.size()));
      if (chosen == null || random.nextInt(4) == 0) {
        InstanceCosts costs = RandomDevices.costs(random);
        int blocks = 1 + random.nextInt(200);
        long bytes = costs.shape().weightBytes() + blocks * costs.blockBytes(spec.kvBlockTokens());
        if (bytes <= ledger.unpromisedBytes()) {
          Instance instance = create(costs);
          memory.load(instance);
          memory.resize(instance, blocks);
        }
      } else if (!chosen.draining && random.nextInt(5) == 0) {
        memory.release(chosen);
      } else if (!chosen.draining) {
        int blocks = random.nextInt(400);
        long growth = chosen.blockBytes(blocks - chosen.promisedBlocks);
        if (growth <= ledger.unpromisedBytes()) {
          memory.resize(chosen, blocks);
        }
      }
    }

    /** Answers the work that an instance has begun, if any; growth and loads may fail. */
    void answer(boolean mayFail) {
      List<Instance> busy = instances.stream().filter(instance -> instance.acting).toList();
      if (busy.isEmpty()) {
        return;
      }
      Instance instance = busy.get(random.nextInt(busy.size()));
      MemoryAction action = instance.actions.removeFirst();
      instance.acting = false;
      boolean grows = action.kind() == Kind.RESIZE && action.blocks() > instance.usableBlocks;
      boolean canFail = grows || action.kind() == Kind.LOAD;
      if (mayFail && canFail && random.nextInt(3) == 0) {
        memory.failed(instance, action);
        if (action.kind() == Kind.LOAD && !instance.draining) {
          memory.release(instance);
        }
      } else {
        memory.done(instance, action);
      }
      memory.giveOut();
    }

    void startAndCheck(DeviceDriver driver) {
      instances.forEach(instance -> memory.start(instance, driver));
      instances.removeIf(instance -> instance.draining && memory.isIdle(instance));
      long promised = instances.stream().mapToLong(Instance::promisedBytes).sum();
      long held = instances.stream().mapToLong(Instance::heldBytes).sum();
      assertEquals(promised, ledger.promisedBytes(), "promised");
      assertEquals(held, ledger.actualBytes(), "actual");
      assertTrue(ledger.promisedBytes() <= spec.capacityBytes(), "promised exceeds capacity");
      assertTrue(ledger.actualBytes() <= spec.capacityBytes(), "actual exceeds capacity");
    }
  }

  @Property(tries = 300)
  void nothingIsOverdrawnAndAtRestWhatIsPromisedIsHeld(@ForAll long seed) {
    World world = new World(seed);
    DeviceDriver driver = new SilentDriver();
    boolean mayFail = world.random.nextBoolean();
    for (int i = 0; i < 150; i++) {
      if (world.random.nextBoolean()) {
        world.decide();
      } else {
        world.answer(mayFail);
      }
      world.startAndCheck(driver);
    }
    for (int i = 0; i < 2000; i++) {
      world.answer(mayFail);
      world.startAndCheck(driver);
    }
    assertTrue(world.memory.isIdle(), "work is left that nobody hands out");
    for (Instance instance : world.instances) {
      int spare = instance.usableBlocks - instance.promisedBlocks;
      assertTrue(spare == 0 || (world.shrinksLate && spare > 0), spare + " blocks too many");
    }
    long spareBytes = world.ledger.actualBytes() - world.ledger.promisedBytes();
    assertTrue(spareBytes == 0 || (world.shrinksLate && spareBytes > 0), spareBytes + " bytes");
  }

  @Test
  void whatANewerGrowthReliesOnSurvivesTheFailureOfTheOlder() {
    World world = new World(1);
    Instance instance = world.create(RandomDevices.costs(new Random(1)));
    DeviceDriver driver = new SilentDriver();
    world.memory.resize(instance, 10);
    world.memory.start(instance, driver);
    world.memory.resize(instance, 20);
    instance.acting = false;
    world.memory.failed(instance, instance.actions.removeFirst());
    assertEquals(instance.blockBytes(20), world.ledger.actualBytes());
    world.memory.start(instance, driver);
    world.memory.done(instance, instance.actions.removeFirst());
    assertEquals(20, instance.usableBlocks);
    assertEquals(instance.blockBytes(20), world.ledger.actualBytes());
  }
}
