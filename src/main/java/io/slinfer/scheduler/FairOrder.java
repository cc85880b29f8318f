package io.slinfer.scheduler;

import io.slinfer.request.RequestLife;
import io.slinfer.request.Standing;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * In which order waiting requests are looked at: higher priorities first; in one priority callers
 * take turns, those with the fewest requests on the devices first; in one turn the earliest
 * deadline. With one caller that is the order of the deadlines.
 */
final class FairOrder {

  private record Turn(RequestLife request, int round, int place) {}

  private FairOrder() {}

  /**
   * @param byDeadline the waiting requests in the order of their deadlines
   * @param devices where requests run
   */
  static List<RequestLife> of(
      Collection<RequestLife> byDeadline, List<? extends DevicePort> devices) {
    if (isOfOne(byDeadline)) {
      return List.copyOf(byDeadline);
    }
    Map<String, Integer> running = running(devices);
    Map<Standing, Integer> waiting = new HashMap<>();
    List<Turn> turns = new ArrayList<>(byDeadline.size());
    for (RequestLife request : byDeadline) {
      Standing standing = request.standing();
      int ahead = waiting.merge(standing, 1, Integer::sum) - 1;
      int round = running.getOrDefault(standing.caller(), 0) + ahead;
      turns.add(new Turn(request, round, turns.size()));
    }
    turns.sort(
        Comparator.comparingInt((Turn turn) -> -turn.request().standing().priority())
            .thenComparingInt(Turn::round)
            .thenComparingInt(Turn::place));
    return turns.stream().map(Turn::request).toList();
  }

  private static boolean isOfOne(Collection<RequestLife> requests) {
    Standing first = null;
    for (RequestLife request : requests) {
      if (first != null && !first.equals(request.standing())) {
        return false;
      }
      first = request.standing();
    }
    return true;
  }

  private static Map<String, Integer> running(List<? extends DevicePort> devices) {
    Map<String, Integer> running = new HashMap<>();
    for (DevicePort device : devices) {
      for (Instance instance : device.instances()) {
        for (Iterable<RequestLife> place : instance.places()) {
          for (RequestLife request : place) {
            running.merge(request.standing().caller(), 1, Integer::sum);
          }
        }
      }
    }
    return running;
  }
}
