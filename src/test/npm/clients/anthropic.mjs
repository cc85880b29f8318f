// Anthropic's client, unchanged. Arguments: URLs of a server whose model repeats the prompt, of one with the demo models, and
// of one that refuses. This API has no log probabilities, no choices and no embeddings.
import assert from "node:assert/strict";
import Anthropic from "@anthropic-ai/sdk";
import { refusals } from "./refusals.mjs";

const [echoes, demo, refusing] = process.argv.slice(2);
const client = new Anthropic({ baseURL: echoes, apiKey: "any", maxRetries: 0 });
const real = new Anthropic({ baseURL: demo, apiKey: "any", maxRetries: 0 });
const model = "demo-chat";
const messages = [{ role: "user", content: "Hello" }];
const ask = { model, max_tokens: 64, messages };

const whole = await client.messages.create(ask);
assert.equal(whole.content[0].text, "Hello");
assert.equal(whole.stop_reason, "end_turn");
assert.equal(whole.usage.input_tokens + whole.usage.cache_read_input_tokens, 5);

const stream = client.messages.stream(ask);
let text = "";
stream.on("text", (piece) => { text += piece; });
const final = await stream.finalMessage();
assert.equal(text, "Hello");
assert.equal(final.content[0].text, "Hello");
assert.equal(final.usage.output_tokens, 6);

const stopped = await client.messages.create({ ...ask, system: "a", stop_sequences: ["ll"] });
assert.equal(stopped.content[0].text, "aHe");
assert.equal(stopped.stop_reason, "stop_sequence");
assert.equal(stopped.stop_sequence, "ll");

const cut = await client.messages.create({ ...ask, max_tokens: 2 });
assert.equal(cut.stop_reason, "max_tokens");

assert.equal((await client.messages.countTokens({ model, messages })).input_tokens, 5);

await assert.rejects(client.messages.create({ ...ask, model: "nobody" }), (error) =>
  error instanceof Anthropic.NotFoundError && error.error.error.type === "not_found_error");
await assert.rejects(client.messages.create({ ...ask, temperature: 7 }), Anthropic.BadRequestError);

const aborted = client.messages.stream({ ...ask, messages: [{ role: "user", content: "x".repeat(400) }] });
aborted.on("text", () => aborted.abort());
await assert.rejects(aborted.finalMessage(), Anthropic.APIUserAbortError);

// Tools: a call, whole and streamed, and the answer to its result.
const input_schema = { type: "object", properties: { location: { type: "string" } }, required: ["location"] };
const weather = { model, max_tokens: 100, temperature: 0, messages: [{ role: "user", content: "What is the weather in Paris?" }], tools: [{ name: "get_weather", description: "The weather in a city", input_schema }] };
const called = await real.messages.create(weather);
assert.equal(called.stop_reason, "tool_use");
const use = called.content.find((block) => block.type === "tool_use");
assert.deepEqual(use.input, { location: "Paris" });
const streamed = await real.messages.stream(weather).finalMessage();
assert.deepEqual(streamed.content.find((block) => block.type === "tool_use").input, use.input);
const told = await real.messages.create({ ...weather, messages: [...weather.messages, { role: "assistant", content: called.content }, { role: "user", content: [{ type: "tool_result", tool_use_id: use.id, content: "sunny" }] }] });
assert.ok(told.content[0].text.length > 0);
const forced = await real.messages.create({ ...weather, messages, tool_choice: { type: "tool", name: "get_weather" } });
assert.equal(forced.content[0].name, "get_weather");

// Thinking stands apart.
const thought = await client.messages.create({ ...ask, messages: [{ role: "user", content: "<think>a</think>b" }], thinking: { type: "enabled", budget_tokens: 1024 } });
assert.deepEqual(thought.content.map((block) => block.type), ["thinking", "text"]);
assert.equal(thought.content[0].thinking, "a");

// Every refusal, whole and streamed; then one in the middle of a stream.
const types = { 400: "invalid_request_error", 401: "authentication_error", 403: "permission_error", 404: "not_found_error", 413: "request_too_large", 429: "rate_limit_error", 500: "api_error", 503: "overloaded_error" };
for (const [name, content, apiKey, status, , headers] of refusals) {
  const asking = new Anthropic({ baseURL: refusing, apiKey, maxRetries: 0, defaultHeaders: headers });
  for (const stream of [false, true]) {
    await assert.rejects(asking.messages.create({ model: name, max_tokens: 9, messages: [{ role: "user", content }], stream }), (error) =>
      error.status === status && error.error.error.type === types[status] && typeof error.requestID === "string");
  }
}
const asking = new Anthropic({ baseURL: refusing, apiKey: "sesame", maxRetries: 0 });
let before = "";
await assert.rejects(async () => {
  for await (const event of await asking.messages.create({ model: "demo", max_tokens: 9, messages: [{ role: "user", content: "abc~" }], stream: true })) before += event.delta?.text ?? "";
}, /broken logits/);
assert.equal(before, "abc");
console.log("@anthropic-ai/sdk: all checks passed");
