// Anthropic's client, unchanged, against the server whose base URL is the first argument; its model repeats the prompt.
import assert from "node:assert/strict";
import Anthropic from "@anthropic-ai/sdk";

const client = new Anthropic({ baseURL: process.argv[2], apiKey: "any", maxRetries: 0 });
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
console.log("@anthropic-ai/sdk: all checks passed");
