package io.slinfer.http.ollama;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.slinfer.http.ErrorAnswer;
import io.slinfer.http.NodeStatus;
import io.slinfer.http.Routes;
import io.slinfer.http.Surface;

/** The paths of Ollama's API. */
public final class OllamaSurface implements Surface {

  private final String version;
  private final NodeStatus status;

  /**
   * @param version what {@code /api/version} tells
   */
  public OllamaSurface(String version, NodeStatus status) {
    this.version = version;
    this.status = status;
  }

  @Override
  public void mount(Routes routes) {
    routes.takeAnyMedia();
    routes.errorsAs(OllamaSurface::error);
    routes.errorsUnder("/api/", OllamaSurface::error);
    ModelNames names = new ModelNames(routes.gateway().catalogue());
    ModelCalls models = new ModelCalls(routes.gateway().catalogue(), names, status);
    routes.get("/api/version", caller -> version());
    routes.get("/api/tags", models::tags);
    routes.getLater("/api/ps", models::running);
    routes.post("/api/show", models::show);
    routes.embeddings("/api/embed", new OllamaEmbeddings(names, true));
    routes.embeddings("/api/embeddings", new OllamaEmbeddings(names, false));
    routes.chat("/api/chat", new LinesDialect(names, LinesDialect.Kind.CHAT));
    routes.chat("/api/generate", new LinesDialect(names, LinesDialect.Kind.GENERATE));
  }

  static String error(ErrorAnswer error) {
    return JsonNodeFactory.instance.objectNode().put("error", error.message()).toString();
  }

  private String version() {
    return JsonNodeFactory.instance.objectNode().put("version", version).toString();
  }
}
