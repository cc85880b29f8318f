package io.slinfer.http;

import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.util.regex.Pattern;

/** Answers what is not HTTP, or has more head than is allowed, and closes the connection. */
final class InvalidRequests implements Handler<HttpServerRequest> {

  private static final Pattern BROKEN_ESCAPE = Pattern.compile("%(?![0-9A-Fa-f]{2})");

  private final int maxHeaderBytes;

  InvalidRequests(int maxHeaderBytes) {
    this.maxHeaderBytes = maxHeaderBytes;
  }

  /** Answers requests whose path has a percent sign without two digits; the others go on. */
  static Handler<HttpServerRequest> unlessPathIsBroken(Handler<HttpServerRequest> next) {
    return request -> {
      String path = request.path();
      if (path != null && BROKEN_ESCAPE.matcher(path).find()) {
        ErrorAnswer.refusal(400, "The path has a broken escape: " + path, "malformed_path")
            .send(request.response());
      } else {
        next.handle(request);
      }
    };
  }

  @Override
  public void handle(HttpServerRequest request) {
    ErrorAnswer answer =
        switch (request.decoderResult().cause()) {
          case TooLongHttpHeaderException tooLong ->
              ErrorAnswer.refusal(
                  431,
                  "The headers are longer than the " + maxHeaderBytes + " bytes that are allowed.",
                  "headers_too_large");
          case TooLongHttpLineException tooLong ->
              ErrorAnswer.refusal(
                  414,
                  "The path is longer than the " + maxHeaderBytes + " bytes that are allowed.",
                  "uri_too_long");
          case null, default ->
              ErrorAnswer.refusal(400, "The request is not valid HTTP.", "malformed_http");
        };
    request.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
    answer.send(request.response());
  }
}
