/** Emoji: found by name, in one's own tone, the most used first. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { EmojiBook } from "#core/emoji.js";
import { MemoryStorage } from "./model/storage.js";

const DATA = JSON.parse(readFileSync(new URL("../../node_modules/emoji-picker-element-data/en/github/data.json", import.meta.url), "utf8"));
const open = (storage = new MemoryStorage()) => new EmojiBook(DATA, storage);
const signs = (/** @type {{ emoji: string }[]} */ found) => found.map(({ emoji }) => emoji);

test("a shortcode finds its emoji before all that begin so", () => {
  assert.equal(signs(open().find("tada"))[0], "🎉");
  assert.equal(signs(open().find(":+1:"))[0], "👍");
  assert.equal(signs(open().find("heart"))[0], "❤️");
});

test("words of its name and of what it is like find it too, in any order", () => {
  assert.ok(signs(open().find("cat heart")).includes("😻"));
  assert.ok(signs(open().find("happy")).includes("😀"));
  assert.deepEqual(open().find("  "), []);
  assert.deepEqual(open().find("qqqq"), []);
});

test("the tone one has chosen is remembered, and only hands and people have it", () => {
  const storage = new MemoryStorage();
  open(storage).tone = 3;
  const [wave, tada] = ["wave", "tada"].map((name) => open(storage).find(name)[0]);
  assert.equal(open(storage).shown(wave), "👋🏽");
  assert.equal(open(storage).shown(tada), "🎉");
});

test("what one uses most comes first, in whichever tone it was used", () => {
  const storage = new MemoryStorage(), book = open(storage);
  assert.equal(book.frequent[0].emoji, "👍");
  for (const emoji of ["🦊", "👋🏽", "👋🏿", "nothing"]) book.used(emoji);
  assert.deepEqual(signs(open(storage).frequent).slice(0, 3), ["👋", "🦊", "👍"]);
  for (let n = 0; n < 500; n++) book.used("🎉");
  assert.equal(open(storage).frequent[0].emoji, "🎉");
});

test("every group has emoji, and no part stands alone", () => {
  const book = open();
  assert.deepEqual(book.groups, [0, 1, 3, 4, 5, 6, 7, 8, 9]);
  assert.ok(book.groups.every((group) => book.in(group).length > 20));
});

test("what is kept may be anything: it is not believed", () => {
  const storage = new MemoryStorage();
  storage.set("emoji:used", "nonsense");
  storage.set("emoji:tone", "x");
  assert.equal(open(storage).frequent[0].emoji, "👍");
  assert.equal(open(storage).tone, 0);
});
