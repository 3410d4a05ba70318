import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { byName, inOrder } from "#core/unread.js";

const names = JSON.parse(readFileSync(new URL("../support/names_in_order.json", import.meta.url), "utf8"));
const room = (name, more = {}) => ({ name, kind: "open", archived: false, is_default: false, ...more });

test("names stand in the order of the server, whichever way they come", () => {
  assert.deepEqual([...names].reverse().sort(byName), names);
  assert.deepEqual([...names].sort(byName), names);
});

test("the default room is first, direct conversations are last, archived rooms behind the others", () => {
  const rooms = [room("Lobby", { is_default: true }), room("Älg"), room("zoo"), room("alga", { archived: true }), room("", { kind: "direct" })];
  assert.deepEqual([...rooms].reverse().sort(inOrder), rooms);
});
