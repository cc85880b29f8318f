package io.slinfer.http;

import io.slinfer.config.ApiKey;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/** Recognises callers by their keys, of which only hashes are known. Immutable. */
final class ApiKeys {

  private static final String SCHEME = "Bearer ";

  private final List<ApiKey> keys;

  ApiKeys(List<ApiKey> keys) {
    this.keys = keys;
  }

  /** Whether callers must show a key. */
  boolean required() {
    return !keys.isEmpty();
  }

  /**
   * The key in one of two headers; every known key is compared, in constant time.
   *
   * @param authorization the Authorization header's value; may be null
   * @param plain the x-api-key header's value, used if there is no other; may be null
   */
  Optional<ApiKey> find(String authorization, String plain) {
    String shown = plain;
    if (authorization != null) {
      shown =
          authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
              ? authorization.substring(SCHEME.length())
              : null;
    }
    if (shown == null) {
      return Optional.empty();
    }
    byte[] presented = sha256(shown.strip());
    ApiKey found = null;
    for (ApiKey key : keys) {
      if (MessageDigest.isEqual(presented, HexFormat.of().parseHex(key.sha256()))) {
        found = key;
      }
    }
    return Optional.ofNullable(found);
  }

  private static byte[] sha256(String key) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every JDK has SHA-256", impossible);
    }
  }
}
