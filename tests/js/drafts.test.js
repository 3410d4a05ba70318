import assert from "node:assert/strict";
import { test } from "node:test";
import { Drafts } from "#core/drafts.js";
import { MemoryStorage } from "./model/storage.js";

test("a draft survives the page, a room each", () => {
  const storage = new MemoryStorage();
  new Drafts(storage).set("lobby", { body: "half a thou", quoted: { seq: 7, body: "what?", name: "Bo" } });
  new Drafts(storage).set("ops", { body: "other" });
  assert.deepEqual(new Drafts(storage).get("lobby"), { body: "half a thou", quoted: { seq: 7, body: "what?", name: "Bo" } });
});

test("an edit is kept beside the draft that waits for it, also where there is none", () => {
  const storage = new MemoryStorage(), message = { seq: 3, body: "teh", name: "Ana" };
  new Drafts(storage).set("lobby", { body: "", editing: { message, body: "the" } });
  assert.deepEqual(new Drafts(storage).get("lobby")?.editing, { message, body: "the" });
});

test("an empty or cleared draft leaves nothing behind", () => {
  const storage = new MemoryStorage(), drafts = new Drafts(storage);
  drafts.set("lobby", { body: "x" });
  drafts.set("lobby", { body: " \n" });
  drafts.set("ops", { body: "x" });
  drafts.clear("ops");
  assert.equal(drafts.get("lobby"), null);
  assert.equal(storage.size, 0);
});

test("what is no draft in storage is not one", () => {
  const storage = new MemoryStorage();
  storage.set("draft:lobby", 5);
  assert.equal(new Drafts(storage).get("lobby"), null);
});
