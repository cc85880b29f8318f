package io.slinfer.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.load.MetricsText;
import org.junit.jupiter.api.Test;

final class TopCommandTest {

  private static String metrics(int tokens) {
    return """
    # HELP slinfer_num_requests_running Requests in the batch
    slinfer_device_emulated{device="gpu:0",engine="emulated"} 1.0
    slinfer_num_requests_running{model_name="a \\"b\\""} 3.0
    slinfer_num_requests_waiting{model_name="a \\"b\\""} 2.0
    slinfer_kv_cache_usage_perc{model_name="a \\"b\\""} 0.25
    slinfer_generation_tokens_total{model_name="a \\"b\\""} %d
    slinfer_time_to_first_token_seconds_count{model_name="a \\"b\\""} 2
    slinfer_time_to_first_token_seconds_sum{model_name="a \\"b\\""} 0.5
    slinfer_request_rejections_total{reason="queue_full"} 7
    """
        .formatted(tokens);
  }

  @Test
  void showsDevicesModelsAndRatesBetweenTwoLooks() {
    String page =
        TopCommand.page("", MetricsText.parse(metrics(500)), MetricsText.parse(metrics(100)), 2);
    assertTrue(page.contains("gpu:0 (emulated)"), page);
    assertTrue(page.contains("refused 7"), page);
    assertTrue(page.matches("(?s).*a .*b.* 3 +2 +25\\.0 +200\\.0 +0 +250\\.0 +0\\.0\\n"), page);
  }

  @Test
  void showsWhatDevicesHold() {
    String lines =
        TopCommand.devices(
            """
            {"object":"list","data":[{"id":"cpu","detail":"native avx2, 2 threads","instances":[
              {"model":"demo-chat","state":"ready","running":2,"waiting":1,"weight_bytes":5242880,
               "kv_used_bytes":1048576,"kv_held_bytes":3145728}]}]}
            """);
    assertTrue(lines.startsWith("cpu  native avx2, 2 threads"), lines);
    assertTrue(
        lines.contains("ready    running 2, waiting 1, weights 5 MiB, KV 1 of 3 MiB"), lines);
  }
}
