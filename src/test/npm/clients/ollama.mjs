// Ollama's client, unchanged, against the server whose base URL is the first argument; its model repeats the prompt.
import assert from "node:assert/strict";
import { Ollama } from "ollama";

const client = new Ollama({ host: process.argv[2] });
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
console.log("ollama: all checks passed");
