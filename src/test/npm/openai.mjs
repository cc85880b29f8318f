// The official JavaScript client, unchanged, against the server whose base URL is the first argument.
import assert from "node:assert/strict";
import OpenAI from "openai";

const client = new OpenAI({ baseURL: process.argv[2] + "/v1", apiKey: "any", maxRetries: 0 });
const model = "demo-chat";
const messages = [{ role: "user", content: "Hello" }];

const models = await client.models.list();
assert.deepEqual(models.data.map((each) => each.id), [model]);
assert.equal((await client.models.retrieve(model)).owned_by, "slinfer");

const { data: chat, request_id } = await client.chat.completions.create({ model, messages }).withResponse();
assert.equal(chat.choices[0].message.content, "Hello");
assert.equal(chat.choices[0].finish_reason, "stop");
assert.equal(chat.usage.prompt_tokens, 5);
assert.match(request_id, /^req_/);

let text = "";
let usage = null;
const stream = await client.chat.completions.create({ model, messages, stream: true, stream_options: { include_usage: true } });
for await (const chunk of stream) {
  text += chunk.choices[0]?.delta.content ?? "";
  usage = chunk.usage ?? usage;
}
assert.equal(text, "Hello");
assert.equal(usage.completion_tokens, 6);

const runner = client.chat.completions.stream({ model, messages });
assert.equal((await runner.finalChatCompletion()).choices[0].message.content, "Hello");

const completion = await client.completions.create({ model, prompt: ["ab", "cd"], max_tokens: 1, n: 2 });
assert.deepEqual(completion.choices.map((each) => each.text), ["a", "a", "c", "c"]);
text = "";
for await (const part of await client.completions.create({ model, prompt: "abc", stream: true })) {
  text += part.choices[0].text;
}
assert.equal(text, "abc");

const aborted = await client.completions.create({ model, prompt: "x".repeat(400), max_tokens: 400, stream: true });
for await (const part of aborted) {
  assert.equal(part.choices[0].text, "x");
  break;
}

await assert.rejects(client.chat.completions.create({ model: "none", messages }), (error) => {
  assert.ok(error instanceof OpenAI.NotFoundError);
  assert.equal(error.code, "model_not_found");
  assert.equal(error.param, "model");
  return true;
});
await assert.rejects(client.chat.completions.create({ model, messages, temperature: 5 }), (error) => {
  assert.ok(error instanceof OpenAI.BadRequestError);
  assert.equal(error.param, "temperature");
  assert.equal(error.type, "invalid_request_error");
  return true;
});
console.log("openai npm: all checks passed");
