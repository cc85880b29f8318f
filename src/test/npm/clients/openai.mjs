// OpenAI's client, unchanged, on what the quick check (../openai.mjs) leaves out: responses, embeddings.
import assert from "node:assert/strict";
import OpenAI from "openai";

const client = new OpenAI({ baseURL: process.argv[2] + "/v1", apiKey: "any", maxRetries: 0 });
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
console.log("openai: all checks passed");
