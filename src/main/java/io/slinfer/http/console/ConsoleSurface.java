package io.slinfer.http.console;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.slinfer.http.Caller;
import io.slinfer.http.NodeStatus;
import io.slinfer.http.Routes;
import io.slinfer.http.Surface;
import io.vertx.core.Future;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The page at {@code /}, the description of the API, and the state of the devices. */
public final class ConsoleSurface implements Surface {

  private final NodeStatus status;

  public ConsoleSurface(NodeStatus status) {
    this.status = status;
  }

  @Override
  public void mount(Routes routes) {
    routes.page("/", "text/html; charset=utf-8", resource("console/index.html"));
    routes.page("/console.js", "text/javascript; charset=utf-8", resource("console/console.js"));
    routes.page("/console.css", "text/css; charset=utf-8", resource("console/console.css"));
    routes.page("/openapi.json", "application/json", resource("openapi.json"));
    routes.getLater("/v1/devices", this::devices);
  }

  private Future<String> devices(Caller caller) {
    return status.devices().map(devices -> json(caller, devices));
  }

  /** Every device, with those of its models that the caller may call. */
  private static String json(Caller caller, List<NodeStatus.Device> devices) {
    ObjectNode answer = JsonNodeFactory.instance.objectNode().put("object", "list");
    ArrayNode data = answer.putArray("data");
    for (NodeStatus.Device device : devices) {
      ObjectNode entry = data.addObject().put("id", device.id()).put("object", "device");
      entry.put("kind", device.kind()).put("detail", device.detail());
      entry.put("kv_budget_bytes", device.kvBudgetBytes());
      ArrayNode instances = entry.putArray("instances");
      for (NodeStatus.Instance instance : device.instances()) {
        if (caller.mayCall(instance.model())) {
          instances
              .addObject()
              .put("model", instance.model().value())
              .put("state", instance.loaded() ? "ready" : "loading")
              .put("running", instance.running())
              .put("waiting", instance.waiting())
              .put("weight_bytes", instance.weightBytes())
              .put("kv_used_bytes", instance.kvUsedBytes())
              .put("kv_held_bytes", instance.kvHeldBytes());
        }
      }
    }
    return answer.toString();
  }

  private static String resource(String name) {
    try (InputStream in = ConsoleSurface.class.getClassLoader().getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(name + " is not part of this build");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
