"use strict";
// The console: talks to the same endpoints as every other caller.

const byId = (id) => document.getElementById(id);
const conversation = [];
let running = null;

function headers() {
  const key = byId("key").value;
  return key ? { authorization: "Bearer " + key } : {};
}

function element(tag, text, className) {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

function bytes(count) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (count >= 1024 && unit < units.length - 1) {
    count /= 1024;
    unit++;
  }
  return (unit ? count.toFixed(1) : count) + " " + units[unit];
}

async function read(path) {
  const response = await fetch(path, { headers: headers() });
  const body = await response.json();
  if (!response.ok) throw new Error(body.error.message);
  return body.data;
}

function showModels(models, devices) {
  const states = new Map();
  for (const device of devices) {
    for (const instance of device.instances) {
      states.set(instance.model, instance.state + " on " + device.id);
    }
  }
  const rows = models.map((model) => {
    const row = document.createElement("tr");
    row.append(
      element("td", model.id),
      element("td", states.get(model.id) || "on disk"),
      element("td", String(model.max_model_len)));
    return row;
  });
  byId("models").tBodies[0].replaceChildren(...rows);
  const choice = byId("model");
  const ids = models.map((model) => model.id);
  if (ids.join("\n") !== Array.from(choice.options, (option) => option.value).join("\n")) {
    const chosen = choice.value;
    choice.replaceChildren(...ids.map((id) => new Option(id, id)));
    if (ids.includes(chosen)) choice.value = chosen;
  }
}

function showDevices(devices) {
  byId("devices").replaceChildren(...devices.map((device) => {
    const box = element("div", "", "device");
    box.append(element("p", device.id + " (" + device.kind + "): " + device.detail));
    const held = device.instances.reduce((sum, instance) => sum + instance.kv_held_bytes, 0);
    const bar = element("progress", "");
    bar.max = device.kv_budget_bytes;
    bar.value = held;
    box.append(element("p", "KV cache: " + bytes(held) + " of " + bytes(device.kv_budget_bytes)), bar);
    for (const instance of device.instances) {
      box.append(element("p", instance.model + ": " + instance.state + ", " + instance.running + " running, "
        + instance.waiting + " waiting, weights " + bytes(instance.weight_bytes)));
    }
    return box;
  }));
}

async function refresh() {
  try {
    const [models, devices] = await Promise.all([read("v1/models"), read("v1/devices")]);
    showModels(models, devices);
    showDevices(devices);
    if (byId("note").dataset.from === "refresh") note("", "");
  } catch (failure) {
    note(failure.message, "refresh");
  }
}

function note(text, from) {
  byId("note").textContent = text;
  byId("note").dataset.from = from;
}

function addMessage(role, text) {
  const message = element("div", text, "message " + role);
  byId("talk").append(message);
  message.scrollIntoView({ block: "end" });
  return message;
}

// Calls onEvent with each event's JSON; throws what the server says went wrong.
async function stream(response, onEvent) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let pending = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    pending += value;
    const events = pending.split("\n\n");
    pending = events.pop();
    for (const event of events) {
      if (!event.startsWith("data: ") || event === "data: [DONE]") continue;
      const json = JSON.parse(event.slice(6));
      if (json.error) throw new Error(json.error.message);
      onEvent(json);
    }
  }
}

async function ask(text) {
  conversation.push({ role: "user", content: text });
  addMessage("user", text);
  const answer = addMessage("assistant", "");
  running = new AbortController();
  byId("send").disabled = true;
  byId("stop").disabled = false;
  note("", "ask");
  const began = performance.now();
  let first = 0;
  let usage = null;
  try {
    const response = await fetch("v1/chat/completions", {
      method: "POST",
      signal: running.signal,
      headers: { "content-type": "application/json", ...headers() },
      body: JSON.stringify({
        model: byId("model").value,
        messages: conversation,
        temperature: Number(byId("temperature").value),
        max_completion_tokens: Number(byId("tokens").value),
        stream: true,
        stream_options: { include_usage: true },
      }),
    });
    if (!response.ok) throw new Error((await response.json()).error.message);
    await stream(response, (event) => {
      if (event.usage) usage = event.usage;
      const piece = event.choices.length ? event.choices[0].delta.content : "";
      if (piece) {
        first = first || performance.now();
        answer.textContent += piece;
        answer.scrollIntoView({ block: "end" });
      }
    });
    if (usage) {
      note(usage.completion_tokens + " tokens, first after " + Math.round(first - began) + " ms, "
        + "all after " + Math.round(performance.now() - began) + " ms", "ask");
    }
  } catch (failure) {
    if (failure.name === "AbortError") {
      note("stopped", "ask");
    } else {
      answer.classList.add("error");
      answer.textContent += failure.message;
    }
  } finally {
    conversation.push({ role: "assistant", content: answer.textContent });
    running = null;
    byId("send").disabled = false;
    byId("stop").disabled = true;
    refresh();
  }
}

byId("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = byId("prompt").value.trim();
  if (text && !running && byId("model").value) {
    byId("prompt").value = "";
    ask(text);
  }
});
byId("prompt").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    byId("ask").requestSubmit();
  }
});
byId("stop").addEventListener("click", () => running && running.abort());
byId("clear").addEventListener("click", () => {
  conversation.length = 0;
  byId("talk").replaceChildren();
});
byId("key").addEventListener("change", refresh);
refresh();
setInterval(refresh, 2000);
