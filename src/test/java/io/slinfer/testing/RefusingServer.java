package io.slinfer.testing;

import io.slinfer.engine.ModelSource;
import io.slinfer.request.Failure;
import io.slinfer.testing.ScriptedEngine.Script;

/**
 * A server that refuses in every way there is, for clients that must tell the ways apart. The model
 * {@code demo} repeats the prompt; at a {@code ~} its logits are broken. {@code broken} cannot be
 * loaded. Contexts have room for 1,024 tokens, bodies for 20 KiB.
 */
public final class RefusingServer implements AutoCloseable {

  /** May call every model. */
  public static final String KEY = "sesame";

  /** May call {@code demo} alone. */
  public static final String SMALL_KEY = "key-one";

  /** With this header in milliseconds at 1, no prompt of hundreds of tokens is served in time. */
  public static final String DEADLINE = "x-slinfer-ttft-ms";

  private static final String SETTINGS =
      """
      http:
        max-body: 20 KiB
        api-keys:
          all: {sha256: d0c04f4b1951e4aeaaec8223ed2039e542f3aae805a6fa7f6d794e5afff5d272}
          small:
            sha256: 9b346041bc9a49574eb2665b2ad2a0a3f9f9cce4e42f5d1f26deb8a256b5966a
            models: [demo]
      """;

  private final TestServer server =
      new TestServer(
          SETTINGS,
          Script.of(Scripts.SMALL, Scripts.echoUntil('~'))
              .failingLoads(RefusingServer::loadFailure),
          "demo",
          "other",
          "broken");

  private static Failure loadFailure(ModelSource source) {
    return source.model().value().equals("broken")
        ? new Failure.Internal("tensor blk.0 is missing")
        : null;
  }

  public String url() {
    return server.url();
  }

  /** Waits until nothing is left of what was asked. */
  public void awaitIdle() throws Exception {
    server.awaitIdle();
  }

  @Override
  public void close() {
    server.close();
  }
}
