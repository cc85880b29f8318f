package io.slinfer.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.slinfer.gateway.ModelCatalogue;
import io.slinfer.gateway.Prompt;
import io.slinfer.gateway.ServedModel;
import io.slinfer.gateway.TextCalls;
import io.slinfer.request.ModelId;
import io.vertx.core.Future;
import java.util.List;

/**
 * Tokens and templates without generation: /tokenize and /detokenize in the forms of vLLM ({@code
 * prompt} or {@code messages}) and of llama.cpp ({@code content}), and /apply-template.
 */
public final class TextSurface implements Surface {

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  @Override
  public void mount(Routes routes) {
    TextCalls texts = routes.gateway().textCalls();
    ModelCatalogue models = routes.gateway().catalogue();
    routes.post("/tokenize", (body, caller) -> tokenize(texts, models, body, caller));
    routes.post("/detokenize", (body, caller) -> detokenize(texts, models, body, caller));
    routes.post("/apply-template", (body, caller) -> applyTemplate(texts, models, body, caller));
  }

  private static Future<String> tokenize(
      TextCalls texts, ModelCatalogue models, JsonNode body, Caller caller) {
    Fields fields = new Fields(body, "");
    ServedModel model = model(models, fields, caller);
    String content = fields.text("content");
    boolean special = fields.flag("parse_special", true);
    if (content != null) {
      TextCalls.Reading reading = new TextCalls.Reading(fields.flag("add_special", false), special);
      boolean pieces = fields.flag("with_pieces", false);
      return texts
          .tokens(model.id(), new Prompt.Text(content), reading)
          .map(tokens -> asLlamaCpp(tokens, pieces));
    }
    Prompt prompt;
    if (fields.get("messages") != null) {
      prompt = chat(body, model);
    } else if (fields.text("prompt") != null) {
      prompt = new Prompt.Text(fields.text("prompt"));
    } else {
      throw new BadRequest(
          "`prompt`, `messages` or `content` is missing; one of them must be there.", "prompt");
    }
    boolean strings = fields.flag("return_token_strs", false);
    return texts
        .tokens(
            model.id(),
            prompt,
            new TextCalls.Reading(fields.flag("add_special_tokens", true), special))
        .map(tokens -> asVllm(tokens, model, strings));
  }

  private static String asVllm(TextCalls.Tokens tokens, ServedModel model, boolean strings) {
    ObjectNode answer = NODES.objectNode().put("count", tokens.ids().length);
    answer.put("max_model_len", model.contextTokens());
    ArrayNode ids = answer.putArray("tokens");
    for (int id : tokens.ids()) {
      ids.add(id);
    }
    if (strings) {
      tokens.pieces().forEach(answer.putArray("token_strs")::add);
    } else {
      answer.putNull("token_strs");
    }
    return answer.toString();
  }

  private static String asLlamaCpp(TextCalls.Tokens tokens, boolean pieces) {
    ObjectNode answer = NODES.objectNode();
    ArrayNode list = answer.putArray("tokens");
    for (int i = 0; i < tokens.ids().length; i++) {
      if (pieces) {
        list.addObject().put("id", tokens.ids()[i]).put("piece", tokens.pieces().get(i));
      } else {
        list.add(tokens.ids()[i]);
      }
    }
    return answer.toString();
  }

  private static Future<String> detokenize(
      TextCalls texts, ModelCatalogue models, JsonNode body, Caller caller) {
    Fields fields = new Fields(body, "");
    ServedModel model = model(models, fields, caller);
    JsonNode tokens = fields.get("tokens");
    if (tokens == null || !tokens.isArray()) {
      throw fields.bad("tokens", "a list of token ids");
    }
    int[] ids = new int[tokens.size()];
    for (int i = 0; i < ids.length; i++) {
      if (!tokens.get(i).canConvertToInt() || !tokens.get(i).isIntegralNumber()) {
        throw fields.bad("tokens", "a list of token ids");
      }
      ids[i] = tokens.get(i).intValue();
    }
    return texts
        .text(model.id(), ids)
        .map(text -> NODES.objectNode().put("prompt", text).put("content", text).toString());
  }

  private static Future<String> applyTemplate(
      TextCalls texts, ModelCatalogue models, JsonNode body, Caller caller) {
    ServedModel model = model(models, new Fields(body, ""), caller);
    return texts
        .rendered(model.id(), chat(body, model))
        .map(prompt -> NODES.objectNode().put("prompt", prompt).toString());
  }

  /** The conversation, read as a chat completion reads it. */
  private static Prompt.Chat chat(JsonNode body, ServedModel model) {
    ObjectNode call = body.deepCopy();
    call.put("model", model.id().value());
    if (!new Fields(body, "").flag("add_generation_prompt", true)) {
      call.withObject("/chat_template_kwargs").put("add_generation_prompt", false);
    }
    return (Prompt.Chat) ChatRequests.read(call).prompts().getFirst();
  }

  /** The model named; may be left out where there is only one. */
  private static ServedModel model(ModelCatalogue catalogue, Fields fields, Caller caller) {
    List<ServedModel> models = catalogue.models();
    if (fields.get("model") == null && models.size() == 1) {
      caller.require(models.getFirst().id());
      return models.getFirst();
    }
    ModelId id = new ModelId(fields.requiredText("model"));
    caller.require(id);
    return catalogue.find(id).orElseThrow(() -> BadRequest.unknownModel(id));
  }
}
