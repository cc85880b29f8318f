package io.slinfer.http.anthropic;

import com.fasterxml.jackson.databind.JsonNode;
import io.slinfer.gateway.TextCalls;
import io.slinfer.http.Caller;
import io.slinfer.http.ChatRequests;
import io.slinfer.http.GenerationCall;
import io.slinfer.http.Routes;
import io.slinfer.http.Surface;
import io.vertx.core.Future;

/** The paths of the Messages API. */
public final class AnthropicSurface implements Surface {

  private static final TextCalls.Reading AS_PROMPT = new TextCalls.Reading(true, true);

  @Override
  public void mount(Routes routes) {
    routes.errorsUnder("/v1/messages/", MessagesDialect::errorBody);
    routes.chat("/v1/messages", new MessagesDialect());
    routes.errorsAs(MessagesDialect::errorBody);
    TextCalls texts = routes.gateway().textCalls();
    routes.post("/v1/messages/count_tokens", (body, caller) -> count(texts, body, caller));
  }

  private static Future<String> count(TextCalls texts, JsonNode body, Caller caller) {
    GenerationCall call = ChatRequests.read(MessagesRequest.toChat(body, true));
    caller.require(call.model());
    return texts
        .tokens(call.model(), call.prompts().getFirst(), AS_PROMPT)
        .map(tokens -> "{\"input_tokens\":" + tokens.ids().length + "}");
  }
}
