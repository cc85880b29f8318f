package io.slinfer.gateway.remote;

import io.slinfer.cluster.LiveNodes;
import io.slinfer.gateway.ModelCatalogue;
import io.slinfer.gateway.Serving;
import io.slinfer.metrics.ServingMeters;
import io.vertx.core.Context;
import io.vertx.core.Vertx;

/**
 * Makes gateways that use the devices of the whole cluster. Safe for any thread.
 *
 * @param node this node's name
 * @param catalogue the models of the cluster
 * @param lostMillis a node that does not answer for this long is lost
 */
public record RemoteNodes(
    String node,
    ClusterCatalogue catalogue,
    ClusterModels models,
    LiveNodes live,
    ServingMeters meters,
    long lostMillis) {

  /**
   * What a gateway's requests go to; called on its event loop.
   *
   * @param devices this node's own
   */
  public Serving serving(Vertx vertx, Context context, Serving devices) {
    ModelCatalogue own = catalogue.own();
    BusLink link = new BusLink(vertx, context, node, lostMillis);
    ClusterServing serving =
        new ClusterServing(
            new ClusterServing.Parts(
                node,
                devices,
                catalogue,
                model -> models.order(model, own.find(model.id()).isPresent()),
                live::isLive,
                meters),
            link);
    live.onLost(link, serving::nodeLost);
    return serving;
  }
}
