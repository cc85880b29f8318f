package io.slinfer.model.chat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.LocalDateTime;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** One construct of the language a case, with the text that Jinja itself makes of it. */
final class JinjaFixtureTest {

  @TestFactory
  Stream<DynamicTest> constructsRenderAsInJinja() throws IOException {
    return cases("jinja_micro.json");
  }

  @TestFactory
  Stream<DynamicTest> cornersOfTheLanguageRenderAsInJinja() throws IOException {
    return cases("jinja_corners.json");
  }

  private static Stream<DynamicTest> cases(String file) throws IOException {
    JsonNode fixture = ChatFixtures.resource(file);
    Map<String, Object> variables = ChatFixtures.map(fixture.get("variables"));
    LocalDateTime now = LocalDateTime.parse(fixture.get("now").asText());
    return StreamSupport.stream(fixture.get("cases").spliterator(), false)
        .map(
            one -> {
              String source = one.get("template").asText();
              return DynamicTest.dynamicTest(
                  source, () -> ChatFixtures.check(source, one, variables, now));
            });
  }
}
