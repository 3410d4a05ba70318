import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Typing } from "#core/typing.js";

let now, typing;
const sees = (id, room = "lobby") => typing.saw({ room, user: { id } });
const who = (room = "lobby") => typing.who(room).map(({ id }) => id);

beforeEach(() => {
  now = 1000;
  typing = new Typing(() => now, 9);
});

test("a sign of typing lasts five seconds", () => {
  sees(1);
  assert.equal(typing.changesIn("lobby"), 5000);
  now += 4999;
  assert.deepEqual(who(), [1]);
  now += 1;
  assert.deepEqual(who(), []);
  assert.equal(typing.changesIn("lobby"), null);
});

test("another sign prolongs it, and keeps the place in the line", () => {
  sees(1);
  sees(2);
  now += 3000;
  sees(1);
  assert.deepEqual(who(), [1, 2]);
  assert.equal(typing.changesIn("lobby"), 2000);
  now += 2000;
  assert.deepEqual(who(), [1]);
});

test("their message ends it", () => {
  sees(1);
  sees(2);
  typing.stopped("lobby", 1);
  assert.deepEqual(who(), [2]);
});

test("rooms are apart, and my other tabs are not news", () => {
  sees(1, "ops");
  sees(9);
  assert.deepEqual(who(), []);
  assert.deepEqual(who("ops"), [1]);
});
