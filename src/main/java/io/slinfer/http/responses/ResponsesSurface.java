package io.slinfer.http.responses;

import io.slinfer.http.Routes;
import io.slinfer.http.Surface;

/** The path of the Responses API. */
public final class ResponsesSurface implements Surface {

  @Override
  public void mount(Routes routes) {
    routes.chat("/v1/responses", new ResponsesDialect());
  }
}
