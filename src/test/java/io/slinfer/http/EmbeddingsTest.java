package io.slinfer.http;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.slinfer.testing.JsonClient;
import io.slinfer.testing.RawClient;
import io.slinfer.testing.ScriptedEngine.Script;
import io.slinfer.testing.Scripts;
import io.slinfer.testing.TestServer;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Embeddings over HTTP: shapes, order, length 1, limits. The engine gives 3, 4, n, first token. */
final class EmbeddingsTest {

  private static final Script SCRIPT = Script.of(Scripts.SMALL, Scripts.echo());
  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void answersTextsAndTokensInOrder() throws Exception {
    try (TestServer server = new TestServer("", SCRIPT, "a")) {
      JsonNode texts = answer(server, "\"input\":[\"x\",\"xyz\"]");
      assertEquals("list", texts.get("object").textValue());
      assertEquals(1, texts.at("/data/1/index").intValue());
      assertEquals(2 + 4, texts.at("/usage/prompt_tokens").intValue());
      assertArrayEquals(unit(3, 4, 2, 256), numbers(texts.at("/data/0/embedding")));
      assertArrayEquals(unit(3, 4, 4, 256), numbers(texts.at("/data/1/embedding")));
      JsonNode tokens = answer(server, "\"input\":[[7,8,9],[9]]");
      assertArrayEquals(unit(3, 4, 3, 7), numbers(tokens.at("/data/0/embedding")));
      assertArrayEquals(unit(3, 4, 1, 9), numbers(tokens.at("/data/1/embedding")));
      assertEquals(1, answer(server, "\"input\":[7,8,9]").get("data").size());
      server.awaitIdle();
    }
  }

  @Test
  void cutsToDimensionsAndKeepsLengthOne() throws Exception {
    try (TestServer server = new TestServer("", SCRIPT, "a")) {
      JsonNode cut = answer(server, "\"input\":\"x\",\"dimensions\":2");
      assertArrayEquals(new float[] {0.6f, 0.8f}, numbers(cut.at("/data/0/embedding")));
      HttpResponse<String> tooMany = post(server, "\"input\":\"x\",\"dimensions\":5");
      assertEquals(400, tooMany.statusCode());
      assertTrue(tooMany.body().contains("\"param\":\"dimensions\""), tooMany.body());
    }
  }

  @Test
  void encodesAsLittleEndianBase64() throws Exception {
    try (TestServer server = new TestServer("", SCRIPT, "a")) {
      String text =
          answer(server, "\"input\":\"x\",\"dimensions\":2,\"encoding_format\":\"base64\"")
              .at("/data/0/embedding")
              .textValue();
      ByteBuffer bytes =
          ByteBuffer.wrap(Base64.getDecoder().decode(text)).order(ByteOrder.LITTLE_ENDIAN);
      assertEquals(0.6f, bytes.getFloat());
      assertEquals(0.8f, bytes.getFloat());
      assertEquals(0, bytes.remaining());
    }
  }

  @Test
  void servesMoreInputsThanADeviceTakesAtOnce() throws Exception {
    // On a machine with other work the last ones could miss the deadline of a usual request.
    String settings = "devices: {cpu: {max-waiting: 40}}\nserving: {best-effort: [a]}";
    try (TestServer server = new TestServer(settings, SCRIPT, "a")) {
      String inputs = "\"x\",".repeat(299) + "\"x\"";
      assertEquals(300, answer(server, "\"input\":[" + inputs + "]").get("data").size());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"input\":[]|input",
        "\"input\":5|input",
        "\"input\":[\"a\",[]]|input",
        "\"user\":\"a\"|input",
        "\"input\":\"a\",\"encoding_format\":\"int8\"|encoding_format",
        "\"input\":\"a\",\"dimensions\":0|dimensions",
        "\"input\":[999]|Token 0 is 999",
      })
  void namesWhatIsWrong(String fields, String named) throws Exception {
    try (TestServer server = new TestServer("", SCRIPT, "a")) {
      HttpResponse<String> response = post(server, fields);
      assertEquals(400, response.statusCode(), response.body());
      assertTrue(response.body().contains(named), response.body());
    }
  }

  @Test
  void answersAsOllamaDoes() throws Exception {
    try (TestServer server = new TestServer("", SCRIPT, "a")) {
      JsonNode many =
          JSON.readTree(
              JsonClient.post(
                      server.url() + "/api/embed", "{\"model\":\"a\",\"input\":[\"x\",\"y\"]}")
                  .body());
      assertEquals(2, many.get("embeddings").size());
      assertEquals(4, many.get("prompt_eval_count").intValue());
      JsonNode one =
          JSON.readTree(
              JsonClient.post(
                      server.url() + "/api/embeddings", "{\"model\":\"a\",\"prompt\":\"x\"}")
                  .body());
      assertEquals(4, one.get("embedding").size());
    }
  }

  @Test
  void cutsInputsToTheContextAsOllamaDoes() throws Exception {
    try (TestServer server = new TestServer("", SCRIPT, "a")) {
      String url = server.url() + "/api/embed";
      String input = "{\"model\":\"a\",\"input\":\"" + "x".repeat(2_000) + "\"";
      JsonNode cut = JSON.readTree(JsonClient.post(url, input + "}").body());
      assertEquals(1, cut.path("embeddings").size(), cut.toString());
      assertEquals(1_023, cut.get("prompt_eval_count").intValue());
      HttpResponse<String> refused = JsonClient.post(url, input + ",\"truncate\":false}");
      assertEquals(400, refused.statusCode(), refused.body());
      for (String none : new String[] {"\"\"", "[]"}) {
        HttpResponse<String> empty =
            JsonClient.post(url, "{\"model\":\"a\",\"input\":" + none + "}");
        assertEquals(200, empty.statusCode(), empty.body());
        assertEquals("[]", JSON.readTree(empty.body()).get("embeddings").toString());
      }
      server.awaitIdle();
    }
  }

  @Test
  void freesEverythingWhenTheCallerHangsUp() throws Exception {
    try (TestServer server = new TestServer("", SCRIPT, "a")) {
      server.engine().hold();
      try (RawClient client = new RawClient(server.port())) {
        client.send(
            RawClient.post("/v1/embeddings", "{\"model\":\"a\",\"input\":[\"x\",\"y\",\"z\"]}"));
        server.awaitLiveRequests(3);
      }
      server.awaitLiveRequests(0);
      server.engine().release();
      server.awaitIdle();
    }
  }

  private static float[] unit(float... numbers) {
    return EmbeddingGroup.unit(numbers, 0);
  }

  private static float[] numbers(JsonNode array) {
    float[] numbers = new float[array.size()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = array.get(i).floatValue();
    }
    return numbers;
  }

  private static JsonNode answer(TestServer server, String fields) throws Exception {
    HttpResponse<String> response = post(server, fields);
    assertEquals(200, response.statusCode(), response.body());
    return JSON.readTree(response.body());
  }

  private static HttpResponse<String> post(TestServer server, String fields) throws Exception {
    return JsonClient.post(server.url() + "/v1/embeddings", "{\"model\":\"a\"," + fields + "}");
  }
}
