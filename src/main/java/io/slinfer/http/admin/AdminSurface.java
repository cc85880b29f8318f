package io.slinfer.http.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.slinfer.config.ApiKey;
import io.slinfer.gateway.Operations;
import io.slinfer.http.BadRequest;
import io.slinfer.http.Routes;
import io.slinfer.http.Surface;
import io.slinfer.request.ModelId;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The paths for operators: models, devices, instances, requests. */
public final class AdminSurface implements Surface {

  private static final String MODELS = "/admin/models";

  private final Operations operations;
  private final List<ApiKey> keys;

  /**
   * @param keys of operators; empty: none is asked for
   */
  public AdminSurface(Operations operations, List<ApiKey> keys) {
    this.operations = operations;
    this.keys = keys;
  }

  @Override
  public void mount(Routes routes) {
    routes.guarded(keys, () -> mountAll(routes));
    routes.page("/admin/openapi.json", "application/json", description());
  }

  private void mountAll(Routes routes) {
    Map<HttpMethod, Routes.ResourceCall> models = new LinkedHashMap<>();
    models.put(HttpMethod.GET, (none, body) -> models());
    models.put(HttpMethod.POST, (none, body) -> operations.add(path(body)).map(AdminJson::models));
    routes.resource(MODELS, models);
    Map<HttpMethod, Routes.ResourceCall> model = new LinkedHashMap<>();
    model.put(
        HttpMethod.GET, (id, body) -> operations.model(new ModelId(id)).map(AdminJson::model));
    model.put(
        HttpMethod.DELETE,
        (id, body) -> operations.remove(new ModelId(id)).map(done -> deleted(id)));
    routes.resource(MODELS + "/:id", model);
    action(routes, "load", (id, body) -> operations.load(new ModelId(id)).map(AdminJson::model));
    action(
        routes,
        "unload",
        (id, body) -> operations.unload(new ModelId(id), force(body)).map(AdminJson::model));
    action(
        routes, "pin", (id, body) -> operations.pin(new ModelId(id), true).map(AdminJson::model));
    action(
        routes,
        "unpin",
        (id, body) -> operations.pin(new ModelId(id), false).map(AdminJson::model));
    routes.resource(
        "/admin/devices",
        Map.of(HttpMethod.GET, (none, body) -> operations.devices().map(AdminJson::devices)));
    routes.resource(
        "/admin/instances",
        Map.of(HttpMethod.GET, (none, body) -> operations.instances().map(AdminJson::instances)));
    routes.resource(
        "/admin/requests",
        Map.of(HttpMethod.GET, (none, body) -> operations.requests().map(AdminJson::requests)));
    routes.resource(
        "/admin/requests/:id",
        Map.of(
            HttpMethod.DELETE,
            (id, body) -> operations.cancel(id).map(count -> deleted(id).put("cancelled", count))));
  }

  private static void action(Routes routes, String name, Routes.ResourceCall call) {
    routes.resource(MODELS + "/:id/" + name, Map.of(HttpMethod.POST, call));
  }

  private Future<JsonNode> models() {
    return operations
        .models()
        .map(
            all -> {
              ObjectNode answer = AdminJson.models(all);
              ArrayNode refused = answer.putArray("refused");
              operations
                  .refusedFiles()
                  .forEach(
                      (file, reason) ->
                          refused.addObject().put("file", file).put("reason", reason));
              return answer;
            });
  }

  private static ObjectNode deleted(String id) {
    return JsonNodeFactory.instance.objectNode().put("id", id).put("deleted", true);
  }

  private static String path(JsonNode body) {
    JsonNode path = body.path("path");
    if (!path.isTextual() || path.textValue().isBlank()) {
      throw new BadRequest("`path` must be the path of a GGUF file or of a folder.", "path");
    }
    return path.textValue();
  }

  private static boolean force(JsonNode body) {
    JsonNode force = body.path("force");
    if (!force.isMissingNode() && !force.isBoolean()) {
      throw new BadRequest("`force` is " + force + "; allowed: true, false.", "force");
    }
    return force.asBoolean(false);
  }

  private static String description() {
    try (InputStream in =
        AdminSurface.class.getClassLoader().getResourceAsStream("openapi-admin.json")) {
      if (in == null) {
        throw new IllegalStateException("openapi-admin.json is not part of this build");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
