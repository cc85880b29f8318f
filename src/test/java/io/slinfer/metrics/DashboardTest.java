package io.slinfer.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.slinfer.request.FinishReason;
import io.slinfer.request.ModelId;
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
  private static final Pattern NAME =
      Pattern.compile("\\b(?:slinfer|process|system|jvm)_[a-z0-9_]+");

  @Test
  void everyMetricOfTheDashboardExistsAndOursAreAllShown() throws Exception {
    Set<String> shown = shown();
    try (ServingMeters meters = new ServingMeters(false)) {
      Set<String> existing = existing(meters);
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

  /** Every sample's name once each meter was used. */
  private static Set<String> existing(ServingMeters meters) {
    ModelMeters model = meters.of(new ModelId("m"));
    model.served(FinishReason.STOP, 1, 1, 1);
    meters.refused("invalid");
    meters.device("cpu", "cpu", false);
    return meters
        .text()
        .lines()
        .filter(line -> !line.startsWith("#"))
        .map(line -> line.split("[{ ]", 2)[0])
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
