package io.slinfer.http;

import io.slinfer.config.ApiKey;
import io.slinfer.gateway.CallTerms;
import io.slinfer.gateway.SloWish;
import io.vertx.core.http.HttpServerRequest;
import java.util.Optional;

/** The terms of a call: from its headers, its body, and its key. */
final class Terms {

  private static final String FIRST = "x-slinfer-ttft-ms";
  private static final String TOKEN = "x-slinfer-tpot-ms";

  private Terms() {}

  /**
   * @throws BadRequest naming the header that is wrong
   */
  static CallTerms of(HttpServerRequest request, Optional<ApiKey> key, GenerationCall call) {
    SloWish asked = new SloWish(millis(request, FIRST), millis(request, TOKEN));
    SloWish usual =
        key.map(known -> new SloWish(known.firstMillis(), known.tokenMillis()))
            .orElse(SloWish.NONE);
    int priority = call.priority() != 0 ? call.priority() : key.map(ApiKey::priority).orElse(0);
    return new CallTerms(
        key.map(ApiKey::name).orElse(call.user()), key.isPresent(), priority, asked.or(usual));
  }

  private static long millis(HttpServerRequest request, String header) {
    String value = request.getHeader(header);
    if (value == null) {
      return 0;
    }
    try {
      int millis = Integer.parseInt(value.strip());
      if (millis >= 1 && millis <= SloWish.MOST_MILLIS) {
        return millis;
      }
    } catch (NumberFormatException malformed) {
      // Told below.
    }
    throw new BadRequest(
        "The header `"
            + header
            + "` is `"
            + value
            + "`; allowed: a whole number of milliseconds from 1 to "
            + SloWish.MOST_MILLIS
            + ".",
        header);
  }
}
