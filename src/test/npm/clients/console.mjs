// The console in headless Chromium: URL, message, file for a screenshot. Talks, looks at models and devices.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import puppeteer from "puppeteer-core";

const [url, message, screenshot] = process.argv.slice(2);
const profile = mkdtempSync(join(tmpdir(), "console-"));
const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
  headless: true,
  userDataDir: profile,
  args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});
try {
  const page = await browser.newPage();
  await page.setViewport({ width: 1200, height: 760 });
  const complaints = [];
  page.on("console", (said) => said.type() === "error" && complaints.push(said.text()));
  page.on("pageerror", (failure) => complaints.push(failure.message));
  await page.goto(url + "/", { waitUntil: "load" });
  await page.waitForSelector("#models tbody tr");
  await page.waitForSelector(".device");
  await page.select("#model", "demo-chat");
  await page.type("#prompt", message);
  await page.click("#send");
  await page.waitForFunction(() => document.querySelector("#note").textContent.includes("tokens, first after"), { timeout: 60000 });
  const answer = await page.$eval(".message.assistant", (element) => element.textContent);
  assert.ok(answer.length > 0, "no answer");
  console.log("answer: " + answer);
  await page.waitForFunction(() => document.querySelector("#models").textContent.includes("ready on"), { timeout: 10000 });
  await page.waitForFunction(() => document.querySelector("#devices").textContent.includes("demo-chat: ready"));
  await page.screenshot({ path: screenshot });
  await page.click("#clear");
  assert.equal(await page.$(".message"), null);
  assert.deepEqual(complaints, []);
  console.log("console: all checks passed");
} finally {
  await browser.close();
  rmSync(profile, { recursive: true, force: true });
}
