package io.slinfer.http;

/** A group of paths that belong together, such as one other API. Stateless; safe for any thread. */
@FunctionalInterface
public interface Surface {

  /** Adds its paths to the server of one event loop. */
  void mount(Routes routes);
}
