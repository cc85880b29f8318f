package io.slinfer.scheduler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.testing.StepTimers;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

final class NumberedStreamTest {

  @Property(tries = 200)
  void everythingArrivesOnceAndInOrderOverABadNetwork(@ForAll long seed) {
    Random random = new Random(seed);
    double loss = random.nextDouble() * 0.8;
    StepTimers timers = new StepTimers();
    List<Integer> arrived = new ArrayList<>();
    NumberedReceiver<Integer> receiver = new NumberedReceiver<>(arrived::add);
    List<NumberedSender<Integer>> holder = new ArrayList<>();
    holder.add(
        new NumberedSender<>(
            1000,
            100,
            timers,
            frame ->
                carry(
                    timers,
                    random,
                    loss,
                    () -> {
                      long next = receiver.onFrame(frame);
                      carry(timers, random, loss, () -> holder.get(0).onAcknowledged(next));
                    })));
    for (int i = 0; i < 50; i++) {
      int message = i;
      timers.at(random.nextInt(2_000), () -> holder.get(0).send(message));
    }
    List<Integer> sent = new ArrayList<>();
    int events = 0;
    while (timers.step()) {
      assertTrue(++events < 1_000_000, "never ends, seed " + seed);
    }
    IntStream.range(0, 50).forEach(sent::add);
    assertEquals(sent, arrived.stream().sorted().toList());
    assertEquals(0, holder.get(0).unacknowledged());
  }

  @Test
  void keepsTheOrderOfSending() {
    StepTimers timers = new StepTimers();
    List<Integer> arrived = new ArrayList<>();
    NumberedReceiver<Integer> receiver = new NumberedReceiver<>(arrived::add);
    receiver.onFrame(new NumberedSender.Frame<>(1, 11));
    receiver.onFrame(new NumberedSender.Frame<>(2, 12));
    assertEquals(List.of(), arrived);
    assertEquals(3, receiver.onFrame(new NumberedSender.Frame<>(0, 10)));
    receiver.onFrame(new NumberedSender.Frame<>(1, 11));
    assertEquals(List.of(10, 11, 12), arrived);
    assertFalse(timers.step());
  }

  @Test
  void aFullWindowRefuses() {
    NumberedSender<Integer> sender = new NumberedSender<>(1, 100, new StepTimers(), frame -> {});
    assertTrue(sender.send(1));
    assertFalse(sender.send(2));
    sender.onAcknowledged(1);
    assertTrue(sender.send(2));
  }

  private static void carry(StepTimers timers, Random random, double loss, Runnable arrival) {
    if (random.nextDouble() >= loss) {
      timers.at(timers.nowNanos() + random.nextInt(300), arrival);
    }
  }
}
