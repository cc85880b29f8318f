// OpenAI's client, unchanged, on what the quick check (../openai.mjs) leaves out. Arguments: URLs of a server whose model
// repeats the prompt, of one with the demo models, and of one that refuses.
import assert from "node:assert/strict";
import OpenAI from "openai";
import { refusals } from "./refusals.mjs";

const [echoes, demo, refusing] = process.argv.slice(2);
const client = new OpenAI({ baseURL: echoes + "/v1", apiKey: "any", maxRetries: 0 });
const real = new OpenAI({ baseURL: demo + "/v1", apiKey: "any", maxRetries: 0 });
const model = "demo-chat";

const whole = await client.responses.create({ model, input: "Hello", instructions: "a" });
assert.equal(whole.output_text, "aHello");
assert.equal(whole.status, "completed");

const types = [];
let text = "";
for await (const event of await client.responses.create({ model, input: "Hi", stream: true })) {
  types.push(event.type);
  if (event.type === "response.output_text.delta") text += event.delta;
}
assert.equal(text, "Hi");
assert.equal(types[0], "response.created");
assert.equal(types.at(-1), "response.completed");

const runner = client.responses.stream({ model, input: "Hello" });
assert.equal((await runner.finalResponse()).output_text, "Hello");

const cut = await client.responses.create({ model, input: "Hello", max_output_tokens: 1 });
assert.equal(cut.incomplete_details.reason, "max_output_tokens");
await assert.rejects(client.responses.create({ model, input: "a", previous_response_id: "resp_1" }), (error) =>
  error.status === 400 && error.param === "previous_response_id");

// The client asks for base64 when nothing is said, and turns it back into numbers.
const embedded = await client.embeddings.create({ model, input: ["x", "xyz"], dimensions: 2 });
assert.deepEqual(embedded.data.map((each) => each.embedding.map((number) => number.toFixed(4))), [["0.6000", "0.8000"], ["0.6000", "0.8000"]]);

// Tools: a call, whole and streamed, and the answer to its result.
const parameters = { type: "object", properties: { location: { type: "string" } }, required: ["location"] };
const tools = [{ type: "function", function: { name: "get_weather", description: "The weather in a city", parameters } }];
const ask = { model, temperature: 0, messages: [{ role: "user", content: "What is the weather in Paris?" }], tools };
const called = (await real.chat.completions.create(ask)).choices[0];
assert.equal(called.finish_reason, "tool_calls");
const call = called.message.tool_calls[0];
assert.deepEqual(JSON.parse(call.function.arguments), { location: "Paris" });
const streamed = (await real.chat.completions.stream(ask).finalChatCompletion()).choices[0].message.tool_calls[0];
assert.deepEqual(streamed.function, { ...call.function, ...(streamed.function.parsed_arguments === undefined ? {} : { parsed_arguments: streamed.function.parsed_arguments }) });
const told = await real.chat.completions.create({ ...ask, messages: [...ask.messages, called.message, { role: "tool", tool_call_id: call.id, content: "sunny" }] });
assert.ok(told.choices[0].message.content.length > 0);
const ran = [];
const runs = real.chat.completions.runTools({ ...ask, tools: [{ type: "function", function: { name: "get_weather", description: "The weather in a city", parameters, parse: JSON.parse, function: (place) => { ran.push(place.location); return "sunny"; } } }] });
assert.ok((await runs.finalContent()).length > 0);
assert.equal(ran[0], "Paris");
const item = (await real.responses.create({ model, temperature: 0, input: "What is the weather in Paris?", tools: [{ type: "function", name: "get_weather", description: "The weather in a city", parameters, strict: false }] })).output[0];
assert.equal(item.type, "function_call");
assert.deepEqual(JSON.parse(item.arguments), { location: "Paris" });

// JSON schema, also beside tools and in Responses.
const schema = { type: "object", properties: { color: { enum: ["blue", "green"] } }, required: ["color"], additionalProperties: false };
const sky = { model, messages: [{ role: "user", content: "What color is the sky?" }], response_format: { type: "json_schema", json_schema: { name: "sky", schema, strict: true } } };
assert.match((await real.chat.completions.create(sky)).choices[0].message.content, /^{"color":"(blue|green)"}$/);
const either = (await real.chat.completions.create({ ...sky, tools })).choices[0].message;
assert.match(either.content ?? '{"color":"blue"}', /^{"color":"(blue|green)"}$/);
assert.ok(either.content !== null || either.tool_calls.length > 0);
assert.match((await real.responses.create({ model, input: "What color is the sky?", text: { format: { type: "json_schema", name: "sky", schema, strict: true } } })).output_text, /^{"color":"(blue|green)"}$/);

// Log probabilities and three choices, whole and streamed.
const three = { model, messages: [{ role: "user", content: "Tell me a story." }], n: 3, seed: 5, max_tokens: 8, logprobs: true, top_logprobs: 2 };
const choices = (await real.chat.completions.create(three)).choices;
for (const choice of choices) {
  assert.equal(choice.logprobs.content.map((token) => token.token).join(""), choice.message.content);
  assert.equal(choice.logprobs.content[0].top_logprobs.length, 2);
}
const texts = ["", "", ""];
for await (const chunk of await real.chat.completions.create({ ...three, stream: true })) {
  for (const choice of chunk.choices) texts[choice.index] += choice.delta.content ?? "";
}
assert.deepEqual(texts, choices.map((choice) => choice.message.content));
const echoed = (await real.completions.create({ model: "demo-story", prompt: "Once upon a time", max_tokens: 2, echo: true, logprobs: 1 })).choices[0];
assert.equal(echoed.logprobs.tokens.join(""), echoed.text);

// Cancellation, by leaving the loop and by a signal.
for await (const part of await real.chat.completions.create({ ...three, stream: true, ignore_eos: true, max_tokens: 400 })) break;
const aborter = new AbortController();
await assert.rejects(async () => {
  for await (const part of await real.chat.completions.create({ ...three, stream: true, ignore_eos: true, max_tokens: 400 }, { signal: aborter.signal })) aborter.abort();
  throw new OpenAI.APIUserAbortError();
}, OpenAI.APIUserAbortError);

// Every refusal, whole and streamed, in chat completions and in Responses; then one in the middle of a stream.
for (const [name, content, apiKey, status, code, headers] of refusals) {
  const asking = new OpenAI({ baseURL: refusing + "/v1", apiKey, maxRetries: 0, defaultHeaders: headers });
  const right = (error) => error.status === status && error.code === code && typeof error.type === "string" && error.requestID !== null;
  for (const stream of [false, true]) {
    await assert.rejects(asking.chat.completions.create({ model: name, messages: [{ role: "user", content }], stream }), right);
    await assert.rejects(asking.responses.create({ model: name, input: content, stream }), right);
  }
}
const asking = new OpenAI({ baseURL: refusing + "/v1", apiKey: "sesame", maxRetries: 0 });
for (const start of [
  () => asking.chat.completions.create({ model: "demo", messages: [{ role: "user", content: "abc~" }], stream: true }),
  () => asking.completions.create({ model: "demo", prompt: "abc~", stream: true }),
  () => asking.responses.create({ model: "demo", input: "abc~", stream: true }),
]) {
  let before = "";
  await assert.rejects(async () => {
    for await (const part of await start()) before += part.choices?.[0]?.delta?.content ?? part.choices?.[0]?.text ?? (part.type === "response.output_text.delta" ? part.delta : "");
  }, /broken logits/);
  assert.equal(before, "abc");
}
console.log("openai: all checks passed");
