package io.slinfer.scheduler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.request.DeadlineRule;
import io.slinfer.request.InstanceId;
import io.slinfer.request.ModelId;
import io.slinfer.request.RequestId;
import io.slinfer.request.RequestLife;
import io.slinfer.request.RequestState;
import io.slinfer.request.Slo;
import io.slinfer.testing.RandomDevices;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

final class StepOrderTest {

  private static final long NOW = 30_000_000_000L;
  private static final long URGENT = 2_000_000_000L;

  @Property(tries = 500)
  void earliestDeadlineFirstTakesTheEarliest(@ForAll long seed) {
    List<Instance> instances = instances(new Random(seed));
    Instance first = first(instances, StepOrder.EARLIEST_DEADLINE);
    long earliest = instances.stream().mapToLong(Instance::deadlineNanos).min().orElseThrow();
    assertEquals(earliest, first.deadlineNanos());
  }

  @Property(tries = 500)
  void whoIsUrgentGoesFirstThenWhoHasFewestRequests(@ForAll long seed) {
    List<Instance> instances = instances(new Random(seed));
    Instance first = first(instances, new StepOrder.FewestRequestsFirst(URGENT));
    long least = instances.stream().mapToLong(StepOrderTest::slackNanos).min().orElseThrow();
    if (least < URGENT) {
      assertEquals(least, slackNanos(first));
    } else {
      int fewest = instances.stream().mapToInt(Instance::requestCount).min().orElseThrow();
      assertEquals(fewest, first.requestCount());
    }
  }

  @Property(tries = 500)
  void whoCanKeepItsPromiseGoesBeforeWhoCannot(@ForAll long seed) {
    List<Instance> instances = instances(new Random(seed));
    Instance first = first(instances, new StepOrder.LeastSlack(NOW + 1));
    boolean anyHopeful = instances.stream().anyMatch(StepOrderTest::isHopeful);
    assertTrue(!anyHopeful || isHopeful(first), "a lost promise goes before one to keep");
  }

  @Property(tries = 500)
  void whoHasStoodStillTooLongGoesFirst(@ForAll long seed) {
    Random random = new Random(seed);
    List<Instance> instances = instances(random);
    instances.forEach(instance -> instance.stoodSinceNanos = random.nextLong(NOW));
    StepOrder order = new StepOrder.LeastSlack(NOW / 2);
    Instance first = first(instances, order);
    long longest =
        instances.stream()
            .filter(instance -> !isHopeful(instance))
            .mapToLong(instance -> NOW - instance.stoodSinceNanos)
            .max()
            .orElse(0);
    if (longest >= NOW / 2) {
      assertEquals(longest, NOW - first.stoodSinceNanos);
      assertFalse(isHopeful(first), "a promise to keep went before a request that starves");
    } else {
      assertEquals(first(instances, new StepOrder.LeastSlack(NOW + 1)), first);
    }
  }

  private static long slackNanos(Instance instance) {
    return instance.sums(NOW).slackNanos(NOW);
  }

  private static boolean isHopeful(Instance instance) {
    return instance.running.stream().anyMatch(request -> request.isHopeful(NOW));
  }

  private static Instance first(List<Instance> instances, StepOrder order) {
    return instances.stream()
        .min(Comparator.comparingLong(instance -> order.rank(instance, NOW)))
        .orElseThrow();
  }

  private static List<Instance> instances(Random random) {
    List<Instance> instances = new ArrayList<>();
    for (int i = 1 + random.nextInt(8); i > 0; i--) {
      Instance instance =
          new Instance(
              i,
              new InstanceId("i" + i),
              new ModelId("m"),
              RandomDevices.costs(random),
              RandomDevices.gpu(random));
      for (int k = 1 + random.nextInt(5); k > 0; k--) {
        instance.running.add(decoding(random));
      }
      instances.add(instance);
    }
    return instances;
  }

  private static RequestLife decoding(Random random) {
    int tokens = 1 + random.nextInt(2000);
    long arrivalNanos = random.nextLong(NOW);
    RequestLife request =
        new RequestLife(
            new RequestId("r"),
            new ModelId("m"),
            tokens,
            Slo.forPromptTokens(tokens),
            arrivalNanos,
            new DeadlineRule.FromFirstToken(0.95));
    request.become(RequestState.PREFILLING);
    request.become(RequestState.DECODING);
    long firstNanos = arrivalNanos + random.nextLong(NOW - arrivalNanos) + 1;
    for (int i = random.nextInt(40); i >= 0; i--) {
      request.tokenAt(firstNanos);
    }
    return request;
  }
}
