/**
 * Firefox, driven by puppeteer over WebDriver BiDi: a JSON array `[what, ...how]` a line in, `{result}` or `{error}` a line out.
 * usage: node firefox.mjs EXECUTABLE
 */

import { createInterface } from "node:readline";
import puppeteer from "puppeteer-core";

/** Longest wait for an element to act on, milliseconds. */
const PATIENCE = 10_000;

/** Without a display it would say that it has no pointer at all: here it has a mouse, which is fine (2) and hovers (4). */
const MOUSE = { "ui.primaryPointerCapabilities": 6, "ui.allPointerCapabilities": 6 };

const browser = await puppeteer.launch({ browser: "firefox", executablePath: process.argv[2], headless: true, extraPrefsFirefox: MOUSE });
let context, page, said = [];

const element = (selector) => page.waitForSelector(selector, { timeout: PATIENCE });

const acts = {
  async begin() {
    await context?.close();
    context = await browser.createBrowserContext();
    page = await context.newPage();
    said = [];
    page.on("console", (message) => ["error", "warn"].includes(message.type()) && said.push(message.text()));
    page.on("pageerror", (error) => said.push(String(error)));
  },
  open: (url) => page.goto(url).then(() => null),
  evaluate: (expression) => page.evaluate(expression),
  click: (selector) => page.locator(selector).setTimeout(PATIENCE).click(),
  hover: (selector) => page.locator(selector).setTimeout(PATIENCE).hover(),
  type: async (selector, text) => (await element(selector)).type(text),
  press: (key) => page.keyboard.press(key),
  upload: async (selector, path) => (await element(selector)).uploadFile(path),
  resize: (width, height) => page.setViewport({ width, height }),
  photograph: async (path) => void await page.screenshot({ path }),
  said: () => said,
};

process.stdout.write("{}\n"); // ready
for await (const line of createInterface({ input: process.stdin })) {
  const [what, ...how] = JSON.parse(line);
  const answer = await Promise.resolve().then(() => acts[what](...how)).then((result) => ({ result: result ?? null }), (error) => ({ error: String(error) }));
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
await browser.close();
