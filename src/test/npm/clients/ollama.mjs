// Ollama's client, unchanged. Arguments: URLs of a server whose model repeats the prompt, of one with the demo models, and of
// one that refuses. This API has no choices.
import assert from "node:assert/strict";
import { Ollama } from "ollama";
import { refusals } from "./refusals.mjs";

const [echoes, demo, refusing] = process.argv.slice(2);
const client = new Ollama({ host: echoes });
const real = new Ollama({ host: demo });
const model = "demo-chat";
const messages = [{ role: "user", content: "Hello" }];

assert.equal((await client.list()).models[0].name, model);
assert.ok((await client.show({ model })).capabilities.includes("completion"));

const whole = await client.chat({ model, messages });
assert.equal(whole.message.content, "Hello");
assert.equal(whole.done_reason, "stop");
assert.equal(whole.eval_count, 6);

let text = "";
let last = null;
for await (const part of await client.chat({ model: model + ":latest", messages, stream: true })) {
  text += part.message.content;
  last = part;
}
assert.equal(text, "Hello");
assert.ok(last.done && last.total_duration > 0);

assert.equal((await client.generate({ model, prompt: "abc", raw: true, options: { num_predict: 2 } })).response, "ab");
text = "";
for await (const part of await client.generate({ model, prompt: "abc", stream: true })) text += part.response;
assert.equal(text, "abc");

const embedded = await client.embed({ model, input: ["a", "b"] });
assert.equal(embedded.embeddings.length, 2);
assert.equal((await client.ps()).models[0].model, model);
await assert.rejects(client.chat({ model: "nobody", messages }), /does not exist/);

const aborted = await client.chat({ model, messages: [{ role: "user", content: "x".repeat(400) }], stream: true });
// A short answer may be there before the abort is.
try {
  for await (const part of aborted) aborted.abort();
} catch (error) {
  assert.equal(error.name, "AbortError");
}

// Tools: a call, whole and streamed, and the answer to its result.
const parameters = { type: "object", properties: { location: { type: "string" } }, required: ["location"] };
const tools = [{ type: "function", function: { name: "get_weather", description: "The weather in a city", parameters } }];
const ask = { model, messages: [{ role: "user", content: "What is the weather in Paris?" }], tools, options: { temperature: 0 } };
const called = (await real.chat(ask)).message;
assert.deepEqual(called.tool_calls[0].function, { name: "get_weather", arguments: { location: "Paris" } });
const calls = [];
for await (const part of await real.chat({ ...ask, stream: true })) calls.push(...(part.message.tool_calls ?? []));
assert.deepEqual(calls[0].function, called.tool_calls[0].function);
const told = await real.chat({ ...ask, messages: [...ask.messages, called, { role: "tool", tool_name: "get_weather", content: "sunny" }] });
assert.ok(told.message.content.length > 0);

// JSON and JSON schema, thinking, log probabilities.
const schema = { type: "object", properties: { color: { enum: ["blue", "green"] } }, required: ["color"] };
assert.match((await real.chat({ model, messages, format: schema })).message.content, /^{"color":"(blue|green)"}$/);
assert.match((await real.generate({ model, prompt: "Hello", format: schema })).response, /^{"color":"(blue|green)"}$/);
const thought = await client.chat({ model, messages: [{ role: "user", content: "<think>a</think>b" }], think: true });
assert.deepEqual([thought.message.thinking, thought.message.content], ["a", "b"]);
const likely = await real.chat({ model, messages, logprobs: true, top_logprobs: 2, options: { num_predict: 4 } });
assert.equal(likely.logprobs.map((token) => token.token).join(""), likely.message.content);
assert.equal(likely.logprobs[0].top_logprobs.length, 2);

// Every refusal, whole and streamed; then one in the middle of a stream.
for (const [name, content, key, status, , headers] of refusals) {
  const asking = new Ollama({ host: refusing, headers: { Authorization: "Bearer " + key, ...headers } });
  for (const stream of [false, true]) {
    await assert.rejects(asking.chat({ model: name, messages: [{ role: "user", content }], stream }), (error) =>
      error.status_code === status && error.message.length > 0 && !error.message.startsWith("Error"));
  }
}
const asking = new Ollama({ host: refusing, headers: { Authorization: "Bearer sesame" } });
let before = "";
await assert.rejects(async () => {
  for await (const part of await asking.chat({ model: "demo", messages: [{ role: "user", content: "abc~" }], stream: true })) before += part.message.content;
}, /broken logits/);
assert.equal(before, "abc");
console.log("ollama: all checks passed");
