package io.slinfer.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.slinfer.config.Settings;
import io.slinfer.gateway.DirectoryCatalogue;
import io.slinfer.testing.JsonClient;
import io.slinfer.testing.SettingsText;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models that an operator adds to a running server, and removes. */
final class AddedModelsTest {

  @TempDir private Path served;
  @TempDir private Path elsewhere;

  @Test
  void aFileOrFolderIsServedOnceItIsAddedAndNoMoreOnceItIsRemoved() throws Exception {
    Path story = elsewhere.resolve("tale.gguf");
    Files.copy(Path.of("models/demo-story.gguf"), story);
    Files.copy(Path.of("models/demo-story.gguf"), elsewhere.resolve("other.gguf"));
    Files.writeString(Files.createDirectory(served.resolve("bad")).resolve("bad.gguf"), "GGUF");
    Settings read =
        SettingsText.parse("http: {admin: {port: 0}}\nmodels: {directories: ['" + served + "']}");
    Settings settings = read.with(read.http().at(null, 0), read.models());
    try (DirectoryCatalogue catalogue = DirectoryCatalogue.open(settings.models());
        Server server = Server.start(settings, NodeDevices.cpu(settings), catalogue)) {
      String admin = "http://127.0.0.1:" + server.adminPort().orElseThrow() + "/admin/models";
      assertTrue(JsonClient.get(admin).body().contains("bad.gguf"), "refused files are named");
      assertEquals(404, ask(server, "tale"));
      HttpResponse<String> added = add(admin, story);
      assertEquals(200, added.statusCode(), added.body());
      assertTrue(added.body().contains("\"id\":\"tale\""), added.body());
      assertEquals(200, ask(server, "tale"));
      assertEquals(404, ask(server, "other"), "only the file was added");
      assertEquals(200, JsonClient.call("DELETE", admin + "/tale").statusCode());
      assertEquals(404, ask(server, "tale"));
      assertTrue(Files.exists(story));
      assertTrue(add(admin, elsewhere).body().contains("\"id\":\"other\""));
      assertEquals(200, ask(server, "other"));
      assertEquals(200, ask(server, "tale"));
      HttpResponse<String> bad = add(admin, served.resolve("bad"));
      assertEquals(400, bad.statusCode());
      assertTrue(bad.body().contains("bad.gguf"), bad.body());
      assertEquals(400, add(admin, elsewhere.resolve("none")).statusCode());
    }
  }

  private static HttpResponse<String> add(String admin, Path path) throws Exception {
    return JsonClient.post(admin, "{\"path\":\"" + path + "\"}");
  }

  private static int ask(Server server, String model) throws Exception {
    return JsonClient.post(
            "http://127.0.0.1:" + server.port() + "/v1/completions",
            "{\"model\":\"" + model + "\",\"prompt\":\"a\",\"max_tokens\":3}")
        .statusCode();
  }
}
