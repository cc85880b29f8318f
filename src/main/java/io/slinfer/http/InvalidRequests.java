package io.slinfer.http;

import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;

/** Answers what is not HTTP, or has more head than is allowed, and closes the connection. */
final class InvalidRequests implements Handler<HttpServerRequest> {

  private final int maxHeaderBytes;

  InvalidRequests(int maxHeaderBytes) {
    this.maxHeaderBytes = maxHeaderBytes;
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
