package io.slinfer.config;

import java.util.List;
import java.util.Set;

/**
 * Where operators reach {@code /admin}: on a port of its own, or on the public one behind a key.
 *
 * @param host address of the own port
 * @param port -1: no own port; 0: any free one
 * @param keys the key to show, as a list of one; empty: none is asked for
 */
public record AdminSettings(String host, int port, List<ApiKey> keys) {

  private static final Set<String> OWN_MACHINE = Set.of("127.0.0.1", "::1", "localhost");

  public AdminSettings {
    keys = List.copyOf(keys);
  }

  /** Whether it has a port of its own. */
  public boolean hasPort() {
    return port >= 0;
  }

  /** Whether it is on the public port. */
  public boolean isPublic() {
    return !hasPort() && !keys.isEmpty();
  }

  /** The same on another port. */
  public AdminSettings at(int otherPort) {
    return new AdminSettings(host, otherPort, keys);
  }

  static AdminSettings read(Section section) {
    String host = section.text("host", "127.0.0.1");
    int port = section.integer("port", -1, -1, 65_535);
    String sha256 = section.text("sha256", "");
    section.end();
    boolean keyed = ApiKey.isSha256(sha256);
    if (!sha256.isEmpty() && !keyed) {
      throw section.bad("sha256", sha256, ApiKey.SHA256_FORM);
    }
    if (port >= 0 && !keyed && !OWN_MACHINE.contains(host)) {
      throw section.bad(
          "host", host, "without sha256 only " + OWN_MACHINE.stream().sorted().toList());
    }
    return new AdminSettings(
        host,
        port,
        keyed ? List.of(new ApiKey("operator", sha256, List.of(), 0, 0, 0)) : List.of());
  }
}
