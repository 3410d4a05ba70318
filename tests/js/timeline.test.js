/** RoomLog, case by case; that the cases fit together is sync.property.test.js. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { RoomLog } from "#core/timeline.js";

const message = (seq, version = seq) => ({ seq, version, body: `${seq} as of ${version}` });
const event = (seq, version = seq) => ({ type: "message", room: "lobby", version, message: message(seq, version) });
const range = (from, to) => Array.from({ length: to - from + 1 }, (_, n) => message(from + n));
const page = (from, to, end, version = end) => ({ version, messages: range(from, to), has_before: from > 1, has_after: to < end });
const seqs = (messages) => messages.map(({ seq }) => seq);

test("the next change is applied and drawn", () => {
  const log = new RoomLog("lobby", page(1, 3, 3));
  assert.deepEqual(log.apply(event(4)), { status: "applied", upserted: [message(4)] });
  assert.equal(log.version, 4);
  assert.equal(log.messages.get(4).body, "4 as of 4");
});

test("a change that was seen is dropped", () => {
  const log = new RoomLog("lobby", page(1, 3, 3));
  assert.deepEqual(log.apply(event(3)), { status: "seen", upserted: [] });
});

test("a change ahead waits for the ones before it, without a sync", () => {
  const log = new RoomLog("lobby", page(1, 3, 3));
  assert.deepEqual(log.apply(event(5)), { status: "gap", upserted: [] });
  assert.deepEqual(log.apply(event(2, 6)), { status: "gap", upserted: [] });
  assert(log.isBehind);
  assert.deepEqual(log.apply(event(4)), { status: "applied", upserted: [message(2, 6), message(4), message(5)] });
  assert.equal(log.version, 6);
  assert(!log.isBehind);
});

test("what waits is bounded; a log that could not hold an event knows that it is behind", () => {
  const log = new RoomLog("lobby");
  for (let seq = 2; seq <= 1000; seq++) log.apply(event(seq));
  log.apply(event(1));
  assert(log.version < 500);
  assert(log.isBehind);
});

test("one change may touch two messages", () => {
  const log = new RoomLog("lobby", page(1, 3, 3));
  log.apply(event(4));
  assert.deepEqual(log.apply(event(2, 4)), { status: "applied", upserted: [message(2, 4)] });
  assert.equal(log.version, 4);
});

test("the answer to a retried post does not pass for the changes since that post", () => {
  const log = new RoomLog("lobby", page(1, 3, 3));
  assert.equal(log.apply({ room: "lobby", version: 4, message: message(2) }).status, "seen");
  assert.equal(log.version, 3);
  assert(log.isBehind);
});

test("a change outside the window is not drawn, but counts", () => {
  const log = new RoomLog("lobby", page(4, 6, 9));
  assert.deepEqual(log.apply(event(2, 10)), { status: "applied", upserted: [] });
  assert.deepEqual(log.apply(event(10, 11)), { status: "applied", upserted: [] });
  assert.equal(log.version, 11);
  assert.deepEqual(seqs(log.list()), [4, 5, 6]);
});

test("a sync brings what was missed and lets go what waited", () => {
  const log = new RoomLog("lobby", page(1, 3, 3));
  log.apply(event(6));
  const { status, upserted } = log.merge({ version: 5, messages: [message(4), message(1, 5)], more: false }, 3);
  assert.equal(status, "merged");
  assert.deepEqual(upserted, [message(1, 5), message(4), message(6)]);
  assert.equal(log.version, 6);
});

test("a sync with more to come leaves the log behind, even if what waited fills the next step", () => {
  const log = new RoomLog("lobby");
  log.apply(event(4));
  log.merge({ version: 3, messages: range(1, 3), more: true }, 0);
  assert.equal(log.version, 4);
  assert(log.isBehind);
  log.merge({ version: 4, messages: [], more: false }, 4);
  assert(!log.isBehind);
});

test("a sync may bring a message into the middle", () => {
  const log = new RoomLog("lobby");
  log.merge({ version: 3, messages: [message(1), message(3)], more: true }, 0);
  assert.deepEqual(log.merge({ version: 4, messages: [message(2, 4)], more: false }, 3).upserted, [message(2, 4)]);
  assert.deepEqual(seqs(log.list()), [1, 2, 3]);
  assert.equal(log.before(3).seq, 2);
  assert.equal(log.after(1).seq, 2);
});

test("an answer older than the log changes nothing", () => {
  const log = new RoomLog("lobby", page(1, 3, 3));
  log.apply(event(2, 4));
  assert.equal(log.merge({ version: 3, messages: [message(2)], more: false }, 2).status, "seen");
  assert.equal(log.merge({ reset: true, version: 3, messages: range(1, 3), has_before: false }, 1).status, "seen");
  assert.deepEqual(log.messages.get(2), message(2, 4));
});

test("a reset replaces the window", () => {
  const log = new RoomLog("lobby", page(1, 3, 3));
  log.apply(event(21));
  const { status, upserted, removed } = log.merge({ reset: true, version: 20, messages: range(18, 20), has_before: true }, 3);
  assert.equal(status, "reset");
  assert.deepEqual(seqs(removed), [1, 2, 3]);
  assert.deepEqual(seqs(upserted), [18, 19, 20, 21]);
  assert.equal(log.version, 21);
  assert(log.hasBefore && log.isLive);
});

test("a server restored from a backup takes the log back with it", () => {
  const log = new RoomLog("lobby", page(1, 9, 9));
  log.apply(event(11));
  log.merge({ reset: true, version: 4, messages: range(1, 4), has_before: false }, 9);
  assert.equal(log.version, 4);
  assert(!log.isBehind);
  assert.deepEqual(log.apply(event(5)).upserted, [message(5)]);
});

test("a server that is behind without saying so makes the log ask for everything", () => {
  const log = new RoomLog("lobby", page(1, 9, 9));
  assert.equal(log.merge({ version: 4, messages: [], more: false }, 9).status, "reset");
  assert.equal(log.version, 0);
  assert(log.isBehind);
});

test("an answer that starts where the log is not yet leaves a gap, so it is not used", () => {
  const log = new RoomLog("lobby", page(1, 3, 3));
  assert.equal(log.merge({ version: 9, messages: [message(9)], more: false }, 8).status, "seen");
  assert.equal(log.version, 3);
});

test("older and newer pages extend the window, and say where it ends", () => {
  const log = new RoomLog("lobby", page(4, 6, 9));
  assert(log.hasBefore && log.hasAfter);
  assert.deepEqual(seqs(log.page(page(1, 3, 9), "older").upserted), [1, 2, 3]);
  assert(!log.hasBefore);
  assert.deepEqual(seqs(log.page(page(7, 9, 9), "newer").upserted), [7, 8, 9]);
  assert(log.isLive);
});

test("a page may leave out numbers, if it says where it was asked from", () => {
  const log = new RoomLog("lobby", page(7, 9, 9));
  const threads = { version: 9, messages: [message(3), message(4)], has_before: false, has_after: true };
  assert.equal(log.page(threads, "older").status, "stale");
  assert.equal(log.page(threads, "older", 7).status, "merged");
  assert(!log.hasBefore);
});

test("an empty page ends the window", () => {
  const log = new RoomLog("lobby", { version: 9, messages: range(3, 5), has_before: true, has_after: true });
  log.page({ version: 9, messages: [], has_before: false, has_after: true }, "older");
  log.page({ version: 9, messages: [], has_before: true, has_after: false }, "newer");
  assert(!log.hasBefore && !log.hasAfter);
});

test("an empty page of older messages says nothing about newer ones", () => {
  const log = new RoomLog("lobby", { version: 9, messages: range(1, 5), has_before: false, has_after: true });
  log.page({ version: 9, messages: [], has_before: false, has_after: false }, "older", 1);
  assert(!log.isLive);
});

test("a page that does not touch the window any more is stale", () => {
  const log = new RoomLog("lobby", page(4, 9, 9));
  log.trim(3);
  assert.equal(log.page(page(1, 3, 9), "older").status, "stale");
  assert.deepEqual(seqs(log.list()), [7, 8, 9]);
});

test("a page fetched before an event was applied does not roll it back, inside the window or outside", () => {
  const log = new RoomLog("lobby", page(4, 6, 6));
  const fetched = page(2, 5, 6);
  log.apply(event(5, 7));
  log.apply(event(3, 8));
  log.page(fetched, "older");
  assert.deepEqual(log.list(), [message(2), message(3, 8), message(4), message(5, 7), message(6)]);
});

test("a page too old to be corrected is stale", () => {
  const log = new RoomLog("lobby", page(1001, 1003, 1003));
  const fetched = page(998, 1000, 1003);
  for (let n = 1; n <= 600; n++) log.apply(event(n, 1003 + n));
  assert.equal(log.page(fetched, "older").status, "stale");
  assert.equal(log.page({ ...fetched, version: 1603 }, "older").status, "merged");
});

test("new messages that came while the page was on its way follow it", () => {
  const log = new RoomLog("lobby", page(1, 3, 6));
  const fetched = page(4, 6, 6);
  log.apply(event(7));
  log.apply(event(8));
  assert.deepEqual(seqs(log.page(fetched, "newer").upserted), [4, 5, 6, 7, 8]);
  assert(log.isLive);
});

test("a page shows that the log is behind", () => {
  const log = new RoomLog("lobby", page(4, 6, 6));
  log.page(page(1, 3, 6, 7), "older");
  assert(log.isBehind);
});

test("a jump replaces the window", () => {
  const log = new RoomLog("lobby", page(7, 9, 9));
  const { status, upserted, removed } = log.page(page(2, 4, 9), "around");
  assert.equal(status, "replaced");
  assert.deepEqual([seqs(upserted), seqs(removed)], [[2, 3, 4], [7, 8, 9]]);
  assert(log.hasBefore && log.hasAfter);
});

test("trimming keeps the end asked for, and knows what it cut", () => {
  const log = new RoomLog("lobby", page(1, 9, 9));
  assert.deepEqual(seqs(log.trim(6)), [1, 2, 3]);
  assert(log.hasBefore && log.isLive);
  assert.deepEqual(seqs(log.trim(4, false)), [8, 9]);
  assert(!log.isLive);
  assert.deepEqual(log.apply(event(10)), { status: "applied", upserted: [] });
  assert.deepEqual([log.first, log.last], [4, 7]);
  assert.deepEqual(log.trim(4), []);
});

test("the first message of an empty room", () => {
  const log = new RoomLog("lobby", { version: 0, messages: [], has_before: false, has_after: false });
  assert(log.isLive && !log.hasBefore);
  assert.deepEqual(seqs(log.apply(event(1)).upserted), [1]);
  assert(!log.hasBefore);
});
