package io.slinfer.config;

import java.nio.file.Path;
import java.util.List;

/**
 * The HTTP surface.
 *
 * @param host address to listen on
 * @param port 0 means any free one
 * @param eventLoops HTTP event loops; 0 means one for each processor, at most 4
 * @param maxBodyBytes longest request body
 * @param heartbeatMillis how long a stream stays silent, at most: then an SSE comment is sent
 * @param maxPendingBytes what may wait for a slow reader of one stream, beyond the socket's own
 *     buffers; more cuts it off
 * @param slowClientMillis how long a stream's reader may take nothing while bytes wait for it
 * @param idleTimeoutMillis how long nothing may move on a connection before it is closed: more than
 *     twice the heartbeat, so that no stream meets it
 * @param requestTimeoutMillis how long a generation may take, from its first to its last byte
 * @param drainMillis how long generations may go on after the server was told to stop
 * @param tls null for plain HTTP
 * @param corsOrigins origins that browsers may call from; "*" means all
 * @param apiKeys empty means that no key is asked for
 * @param admin where operators are served
 */
public record HttpSettings(
    String host,
    int port,
    int eventLoops,
    long maxBodyBytes,
    long heartbeatMillis,
    long maxPendingBytes,
    long slowClientMillis,
    long idleTimeoutMillis,
    long requestTimeoutMillis,
    long drainMillis,
    TlsSettings tls,
    List<String> corsOrigins,
    List<ApiKey> apiKeys,
    AdminSettings admin) {

  private static final long MAX_IDLE_MILLIS = 24 * 3_600_000L;

  public HttpSettings {
    corsOrigins = List.copyOf(corsOrigins);
    apiKeys = List.copyOf(apiKeys);
  }

  /** The same with another address; null and -1 change nothing. */
  public HttpSettings at(String otherHost, int otherPort) {
    return new HttpSettings(
        otherHost == null ? host : otherHost,
        otherPort < 0 ? port : otherPort,
        eventLoops,
        maxBodyBytes,
        heartbeatMillis,
        maxPendingBytes,
        slowClientMillis,
        idleTimeoutMillis,
        requestTimeoutMillis,
        drainMillis,
        tls,
        corsOrigins,
        apiKeys,
        admin);
  }

  /** The same with operators served elsewhere. */
  public HttpSettings with(AdminSettings otherAdmin) {
    return new HttpSettings(
        host,
        port,
        eventLoops,
        maxBodyBytes,
        heartbeatMillis,
        maxPendingBytes,
        slowClientMillis,
        idleTimeoutMillis,
        requestTimeoutMillis,
        drainMillis,
        tls,
        corsOrigins,
        apiKeys,
        otherAdmin);
  }

  /**
   * @param folder what relative paths are relative to
   */
  static HttpSettings read(Section section, Path folder) {
    HttpSettings settings =
        new HttpSettings(
            section.text("host", "127.0.0.1"),
            section.integer("port", 8080, 0, 65_535),
            section.integer("event-loops", 0, 0, 256),
            section.bytes("max-body", 16L << 20, 1 << 10),
            section.millis("heartbeat", 5_000, 100),
            section.bytes("max-pending", 1L << 20, 1 << 12),
            section.millis("slow-client", 30_000, 1_000),
            section.millis("idle-timeout", 900_000, 1_000),
            section.millis("request-timeout", 1_800_000, 1_000),
            section.millis("drain", 25_000, 0),
            TlsSettings.read(section.section("tls"), folder),
            section.texts("cors-origins", List.of("*")),
            List.copyOf(section.sections("api-keys", (name, key) -> readKey(name, key)).values()),
            AdminSettings.read(section.section("admin")));
    section.end();
    long idleMillis = settings.idleTimeoutMillis;
    if (idleMillis <= 2 * settings.heartbeatMillis || idleMillis > MAX_IDLE_MILLIS) {
      throw section.bad(
          "idle-timeout",
          idleMillis + " ms",
          "more than twice http.heartbeat (" + settings.heartbeatMillis + " ms), up to 24 h");
    }
    return settings;
  }

  private static ApiKey readKey(String name, Section section) {
    String sha256 = section.text("sha256", "");
    if (!ApiKey.isSha256(sha256)) {
      throw section.bad("sha256", sha256, ApiKey.SHA256_FORM);
    }
    ApiKey key =
        new ApiKey(
            name,
            sha256,
            section.texts("models", List.of()),
            section.integer("priority", 0, -1_000_000, 1_000_000),
            section.millis("ttft", 0, 1),
            section.millis("tpot", 0, 1));
    section.end();
    return key;
  }
}
