package io.slinfer.testing;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;

/** One call at a time over HTTP/1.1, each with headers in pairs. */
public final class JsonClient {

  private JsonClient() {}

  public static HttpResponse<String> post(String url, String body, String... headers)
      throws IOException, InterruptedException {
    return send(
        request(url, headers)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body, StandardCharsets.UTF_8))
            .build());
  }

  public static HttpResponse<String> get(String url, String... headers)
      throws IOException, InterruptedException {
    return send(request(url, headers).GET().build());
  }

  /** A call without a body. */
  public static HttpResponse<String> call(String method, String url, String... headers)
      throws IOException, InterruptedException {
    return send(request(url, headers).method(method, BodyPublishers.noBody()).build());
  }

  private static HttpRequest.Builder request(String url, String... headers) {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url));
    for (int i = 0; i < headers.length; i += 2) {
      request.header(headers[i], headers[i + 1]);
    }
    return request;
  }

  private static HttpResponse<String> send(HttpRequest request)
      throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      return client.send(request, BodyHandlers.ofString(StandardCharsets.UTF_8));
    }
  }
}
