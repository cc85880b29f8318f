package io.slinfer.http;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.util.function.Function;
import java.util.regex.Pattern;

/** Reads request bodies that are one JSON object. */
final class JsonBody {

  /** Bodies up to this long are parsed on the event loop: well under a millisecond. */
  private static final int SHORT_BYTES = 64 << 10;

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  /** What Jackson adds about its own switches and methods. */
  private static final Pattern ASIDE =
      Pattern.compile(": enable .*|, from `[^`]*`|Source: REDACTED \\([^)]*\\); ");

  private JsonBody() {}

  /** The body as {@code reader} understands it; fails with {@link BadRequest}. */
  static <T> Future<T> read(RoutingContext routing, Function<JsonNode, T> reader) {
    Buffer body = routing.body().buffer();
    if (body == null || body.length() <= SHORT_BYTES) {
      try {
        return Future.succeededFuture(reader.apply(parse(body)));
      } catch (BadRequest | ForbiddenModel refusal) {
        return Future.failedFuture(refusal);
      }
    }
    return routing.vertx().executeBlocking(() -> reader.apply(parse(body)), false);
  }

  private static JsonNode parse(Buffer body) {
    JsonNode json;
    try {
      json = body == null ? null : JSON.readTree(body.getBytes());
    } catch (StreamConstraintsException failure) {
      throw new BadRequest("The body cannot be read: " + told(failure) + ".", null);
    } catch (JsonProcessingException failure) {
      throw new BadRequest("The body is not valid JSON: " + told(failure) + ".", null);
    } catch (IOException failure) {
      throw new BadRequest("The body is not valid JSON: it is not text in UTF-8.", null);
    }
    if (json == null || !json.isObject()) {
      throw new BadRequest("The body must be a JSON object.", null);
    }
    return json;
  }

  /** What the parser says, without the words that are for its programmers, and where it stood. */
  private static String told(JsonProcessingException failure) {
    String said = failure.getOriginalMessage().lines().findFirst().orElse("");
    JsonLocation place = failure.getLocation();
    return ASIDE.matcher(said).replaceAll("")
        + (place == null
            ? ""
            : " (line " + place.getLineNr() + ", column " + place.getColumnNr() + ")");
  }
}
