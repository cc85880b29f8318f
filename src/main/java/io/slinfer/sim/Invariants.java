package io.slinfer.sim;

import io.slinfer.admission.InstanceSnapshot;
import io.slinfer.admission.ShadowValidation;
import io.slinfer.request.RequestLife;
import io.slinfer.request.RequestState;
import io.slinfer.scheduler.DeviceAudit;
import io.slinfer.scheduler.DeviceLoop;
import io.slinfer.scheduler.Instance;
import io.slinfer.scheduler.SchedulerListener;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * What must hold after every event of a simulation: no request is lost, duplicated or answered
 * twice, its tokens come one after the other, and the books of every device add up. O(open
 * requests) an event.
 */
final class Invariants implements SchedulerListener {

  private final List<DeviceLoop> devices;
  private final boolean sharesAreBounded;
  private final Map<RequestLife, Integer> nextToken = new IdentityHashMap<>();
  private final Map<RequestLife, String> answers = new IdentityHashMap<>();
  private final Map<RequestLife, Integer> places = new IdentityHashMap<>();
  private boolean admitted;

  /**
   * @param sharesAreBounded whether the policy promises that the time slices of a device sum to at
   *     most 1 right after each admission ({@code slinfer-paper}, unless decisions come late)
   */
  Invariants(List<DeviceLoop> devices, boolean sharesAreBounded) {
    this.devices = devices;
    this.sharesAreBounded = sharesAreBounded;
  }

  /** A request has arrived. */
  void arrived(RequestLife request) {
    require(nextToken.put(request, 0) == null, request, "arrives twice");
  }

  @Override
  public void placed(RequestLife request, Instance instance) {
    require(!answers.containsKey(request), request, "is placed after it was answered");
    admitted = true;
  }

  @Override
  public void token(RequestLife request, Instance instance) {
    require(!answers.containsKey(request), request, "gets a token after it was answered");
    int index = request.generatedTokens() - 1;
    require(
        nextToken.get(request) == index,
        request,
        "gets token " + index + " after " + (nextToken.get(request) - 1));
    nextToken.put(request, index + 1);
  }

  @Override
  public void finished(RequestLife request) {
    answer(request, "finished");
  }

  @Override
  public void refused(RequestLife request, String reason) {
    answer(request, "refused: " + reason);
  }

  /** Checks everything; called between events. */
  void check() {
    if (admitted && sharesAreBounded) {
      devices.forEach(Invariants::checkShares);
    }
    admitted = false;
    places.clear();
    for (DeviceLoop device : devices) {
      DeviceAudit.check(device, (request, instance) -> places.merge(request, 1, Integer::sum));
    }
    for (RequestLife request : nextToken.keySet()) {
      checkPlace(request);
    }
    places
        .keySet()
        .forEach(
            request ->
                require(
                    nextToken.containsKey(request), request, "is on a device and never arrived"));
  }

  /** Checks at the end: what is not answered still has time for its next token. */
  void checkEnd(long nowNanos) {
    for (RequestLife request : nextToken.keySet()) {
      require(
          answers.containsKey(request) || request.deadlineNanos() >= nowNanos,
          request,
          "is left open as " + request.state() + " after its deadline");
    }
  }

  private void checkPlace(RequestLife request) {
    int count = places.getOrDefault(request, 0);
    RequestState state = request.state();
    boolean isPlaced = state != RequestState.QUEUED && !state.isTerminal();
    require(count == (isPlaced ? 1 : 0), request, "is " + state + " and has " + count + " places");
    require(
        state.isTerminal() == answers.containsKey(request),
        request,
        "is " + state + ", answered: " + answers.get(request));
  }

  private void answer(RequestLife request, String ending) {
    String earlier = answers.put(request, ending);
    require(earlier == null, request, "is answered twice: " + earlier + ", " + ending);
    require(nextToken.containsKey(request), request, "is answered and never arrived");
  }

  private static void checkShares(DeviceLoop device) {
    double share = 0;
    for (InstanceSnapshot instance : device.snapshot().instances()) {
      share += ShadowValidation.PAPER.share(instance);
    }
    if (share > 1 + 1e-9) {
      throw new IllegalStateException(
          device.spec().id() + ": the time slices sum to " + share + " after an admission");
    }
  }

  private static void require(boolean holds, RequestLife request, String what) {
    if (!holds) {
      throw new IllegalStateException("request " + request.id() + " " + what);
    }
  }
}
