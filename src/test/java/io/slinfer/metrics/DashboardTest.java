package io.slinfer.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.slinfer.request.ModelId;
import io.slinfer.testing.JsonClient;
import io.slinfer.testing.ScriptedEngine.Script;
import io.slinfer.testing.Scripts;
import io.slinfer.testing.TestServer;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The Grafana dashboard asks for metrics that there are, and for all of ours. */
final class DashboardTest {

  private static final Path DASHBOARD = Path.of("conf/grafana/slinfer.json");
  private static final String KEY_HASH =
      "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8"; // "password"
  private static final Pattern NAME =
      Pattern.compile("\\b(?:slinfer|process|system|jvm)_[a-z0-9_]+");

  @Test
  void everyMetricOfTheDashboardExistsAndOursAreAllShown() throws Exception {
    Set<String> shown = shown();
    Set<String> existing = existing();
    Set<String> missing = new TreeSet<>(shown);
    missing.removeAll(existing);
    assertEquals(Set.of(), missing, "in the dashboard, but nowhere in /metrics");
    Set<String> families =
        existing.stream()
            .filter(name -> name.startsWith("slinfer_"))
            .map(name -> name.replaceFirst("_(bucket|sum|count|max)$", ""))
            .filter(family -> !family.matches("slinfer_request_(prompt|generation)_tokens"))
            .filter(family -> shown.stream().noneMatch(name -> name.startsWith(family)))
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(Set.of(), families, "in /metrics, but nowhere in the dashboard");
  }

  @Test
  void stepTokensHaveVllmsNameToo() {
    try (ServingMeters meters = new ServingMeters(true)) {
      meters.of(new ModelId("m")).stepped(5, 1);
      String text = meters.text();
      assertTrue(text.contains("vllm:iteration_tokens_total_sum{model_name=\"m\"} 5.0"), text);
      assertTrue(text.contains("vllm:num_requests_running{model_name=\"m\"} 0.0"), text);
    }
  }

  private static Set<String> shown() throws Exception {
    JsonNode dashboard = new ObjectMapper().readTree(DASHBOARD.toFile());
    Set<String> names = new TreeSet<>();
    for (JsonNode expression : dashboard.findValues("expr")) {
      Matcher matcher = NAME.matcher(expression.asText());
      assertTrue(matcher.find(), expression.asText());
      do {
        names.add(matcher.group());
      } while (matcher.find());
    }
    return names;
  }

  /** Every sample's name after calls that were served, refused, repeated, and models that left. */
  private static Set<String> existing() throws Exception {
    String yaml = "http: {api-keys: {ann: {sha256: " + KEY_HASH + "}}}\nserving: {keep-alive: 0 s}";
    Script script = Script.of(Scripts.SMALL, Scripts.saying("ok"));
    try (TestServer server = new TestServer(yaml, script, "one")) {
      String url = server.url() + "/v1/completions";
      String[] headers = {"x-api-key", "password", "x-stainless-retry-count", "2"};
      String call = "{\"model\":\"one\",\"prompt\":\"a\"}";
      assertEquals(200, JsonClient.post(url, call, headers).statusCode());
      assertEquals(400, JsonClient.post(url, "{}", headers).statusCode());
      server.awaitIdle();
      String text = JsonClient.get(server.url() + "/metrics").body();
      assertTrue(text.contains("slinfer_caller_slo_requests_total{caller=\"ann\",outcome="), text);
      assertTrue(text.contains("slinfer_client_retries_total{retry=\"2\"} 2.0"), text);
      assertTrue(text.contains("stage=\"first_token\"} 1"), text);
      assertTrue(text.contains("slinfer_ledger_bytes{account=\"promised\",device=\"cpu\"}"), text);
      return text.lines()
          .filter(line -> !line.startsWith("#"))
          .map(line -> line.split("[{ ]", 2)[0])
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }
}
