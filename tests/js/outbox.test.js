import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Outbox } from "#core/outbox.js";
import { Network, settled } from "./model/network.js";

let network, outbox;
const bodies = (list) => list.map(({ body }) => body);
const states = () => outbox.list().map(({ state }) => state);
const write = (body, room = "lobby") => outbox.add({ room, body });

const ports = () => ({
  journal: network.browser.journal(() => null), uuid: () => "id", now: () => network.now,
  after: (milliseconds, action) => network.timers.push({ at: network.now + milliseconds, action }),
});

beforeEach(() => {
  network = new Network();
  outbox = network.outbox;
});

test("what is written goes out at once, and leaves when it is acknowledged", async () => {
  outbox.open();
  const id = outbox.add({ room: "lobby", body: "hi", reply_to: 3 });
  assert.deepEqual(network.onItsWay[0].entry, {
    client_id: id, room: "lobby", body: "hi", reply_to: 3, created_at: "2025-06-01T12:00:00.000Z", state: "sending", error: null,
  });
  const message = await network.accept();
  assert.equal(outbox.size, 0);
  assert.deepEqual(network.kept, []);
  assert.deepEqual(network.changes.map(({ type }) => type), ["added", "changed", "settled"]);
  assert.deepEqual(network.changes.at(-1).message, message);
});

test("offline it waits, and goes out on return in the order written, one at a time", async () => {
  write("1");
  write("2");
  assert.equal(network.onItsWay.length, 0);
  outbox.open();
  assert.deepEqual(bodies(network.onItsWay.map(({ entry }) => entry)), ["1"]);
  await network.accept();
  await network.accept();
  assert.deepEqual(bodies(network.stored), ["1", "2"]);
});

test("rooms do not wait for each other", () => {
  outbox.open();
  write("1", "lobby");
  write("2", "ops");
  assert.equal(network.onItsWay.length, 2);
});

test("no answer: the same one is sent again, later each time", async () => {
  outbox.open();
  write("1");
  write("2");
  for (const patience of [1000, 2000, 4000]) {
    await network.cut();
    await network.pass(patience - 1);
    assert.equal(network.onItsWay.length, 0);
    await network.pass(1);
    assert.equal(network.onItsWay[0].entry.client_id, "id-1");
  }
  await network.accept();
  await network.cut();
  await network.pass(1000);
  assert.equal(network.onItsWay[0].entry.client_id, "id-2");
});

test("while it waits to try again, what is written after it waits too", async () => {
  outbox.open();
  write("1");
  await network.cut();
  write("2");
  assert.equal(network.onItsWay.length, 0);
});

test("a transport that throws is one that did not answer", async () => {
  const failing = new Outbox({ ...ports(), send: () => { throw new Error("no socket"); } });
  failing.open();
  failing.add({ room: "lobby", body: "1" });
  await network.pass(0);
  assert.equal(failing.list()[0].state, "pending");
  assert.equal(network.timers.length, 1);
});

test("a cut takes back what was on its way; the return sends it again", async () => {
  outbox.open();
  write("1");
  outbox.close();
  assert.deepEqual(states(), ["pending"]);
  await settled();
  outbox.open();
  assert.equal(network.onItsWay.length, 2);
  await network.accept();
  await network.accept();
  assert.equal(network.stored.length, 1);
  assert.deepEqual(network.settledIds(), ["id-1"]);
});

test("the return does not wait for patience to run out", async () => {
  outbox.open();
  write("1");
  await network.cut();
  outbox.close();
  outbox.open();
  assert.equal(network.onItsWay.length, 1);
  await network.pass(500);
  await network.cut();
  await network.pass(500);
  assert.equal(network.onItsWay.length, 0, "patience from before the return is nothing to go by");
  await network.pass(500);
  assert.equal(network.onItsWay.length, 1);
});

test("the message coming in settles it as well as the acknowledgement; both, once", async () => {
  outbox.open();
  write("1");
  write("2");
  const [send] = network.onItsWay;
  assert(outbox.settle(network.store(send.entry)));
  await settled();
  assert.equal(network.onItsWay.length, 2, "the next one need not wait for the acknowledgement");
  await network.accept(send);
  assert(!outbox.settle(network.stored[0]));
  assert.deepEqual(network.settledIds(), ["id-1"]);
});

test("somebody else's message settles nothing", () => {
  write("1");
  assert(!outbox.settle({ client_id: "other" }));
  assert.equal(outbox.size, 1);
});

test("a refused one is kept with the reason, and does not hold up the next", async () => {
  outbox.open();
  write("1");
  write("2");
  await network.refuse({ code: "too_long" });
  assert.deepEqual(outbox.get("id-1").error, { code: "too_long", message: "no" });
  await network.accept();
  assert.deepEqual(bodies(network.stored), ["2"]);
  assert.deepEqual(states(), ["failed"]);
  await network.pass(60_000);
  assert.equal(network.onItsWay.length, 0, "it is not sent again by itself");
});

test("a refused one can be sent again, or taken back", async () => {
  outbox.open();
  const id = write("1");
  await network.refuse({ code: "forbidden" });
  outbox.retry(id);
  assert.deepEqual(states(), ["sending"]);
  assert.equal(network.kept[0].state, "pending");
  await network.refuse({ code: "forbidden" });
  assert.equal(outbox.discard(id).body, "1");
  assert.equal(outbox.size + network.kept.length, 0);
  assert.equal(network.changes.at(-1).type, "discarded");
});

test("a refusal that comes after the cut is not believed", async () => {
  outbox.open();
  write("1");
  outbox.close();
  await network.refuse({ code: "forbidden" });
  assert.deepEqual(states(), ["pending"]);
});

test("too fast: all rooms rest as long as the server says, then go on in order", async () => {
  outbox.open();
  write("1");
  write("2");
  await network.refuse({ code: "rate_limited", retry_after: 2.5 });
  assert.deepEqual(states(), ["pending", "pending"]);
  write("3", "ops");
  outbox.close();
  outbox.open();
  await network.pass(2499);
  assert.equal(network.onItsWay.length, 0);
  await network.pass(1);
  assert.deepEqual(bodies(network.onItsWay.map(({ entry }) => entry)), ["1", "3"]);
});

test("a fault of the server's own is tried again after a moment", async () => {
  outbox.open();
  write("1");
  await network.refuse({ code: "unavailable", retry_after: 1 });
  assert.deepEqual(states(), ["pending"]);
  await network.pass(1000);
  assert.equal(network.onItsWay.length, 1);
});

test("why nothing goes out for a while is told, until something does; a moment is not worth it", async () => {
  outbox.open();
  write("1");
  await network.refuse({ code: "rate_limited", retry_after: 0.1 });
  await network.pass(100);
  assert.deepEqual(network.reasons, []);
  await network.refuse({ code: "rate_limited", retry_after: 5 });
  await network.pass(5000);
  assert.deepEqual(network.reasons, ["rate_limited"]);
  await network.accept();
  assert.deepEqual(network.reasons, ["rate_limited", null]);
  write("2");
  await network.accept();
  assert.equal(network.reasons.length, 2);
});

test("the last word on how long to rest counts", async () => {
  outbox.open();
  write("1", "lobby");
  write("2", "ops");
  await network.refuse({ code: "rate_limited", retry_after: 1 });
  await network.refuse({ code: "rate_limited", retry_after: 5 });
  await network.pass(1000);
  assert.equal(network.onItsWay.length, 0);
  await network.pass(4000);
  assert.equal(network.onItsWay.length, 2);
});

test("what was not acknowledged survives the page, refused or not", async () => {
  outbox.open();
  write("1");
  await network.refuse({ code: "forbidden" });
  write("2");
  write("3");
  outbox = network.load();
  assert.deepEqual(states(), ["failed", "pending", "pending"]);
  outbox.open();
  assert.equal(network.onItsWay.at(-1).entry.body, "2");
});

test("what one tab writes, the other shows; what comes of it, too", async () => {
  outbox.open();
  const other = network.open(), id = write("1");
  assert.deepEqual(bodies(other.list()), ["1"]);
  await network.refuse({ code: "too_long" });
  assert.equal(other.get(id).error.code, "too_long");
  other.discard(id);
  assert.equal(outbox.size + other.size + network.kept.length, 0);
  write("2");
  await network.accept();
  assert.equal(other.size, 0);
  assert.deepEqual(network.settledIds(), ["id-2", "id-2"], "once a tab");
});

test("of several tabs one sends, in the order written in all of them", async () => {
  const other = network.open();
  write("1");
  other.add({ room: "lobby", body: "2" });
  write("3");
  outbox.open();
  other.open();
  for (const body of ["1", "2", "3"]) {
    assert.deepEqual(network.onItsWay.map(({ entry }) => entry.body), [body]);
    await network.accept();
  }
  assert.equal(outbox.size + other.size, 0);
});

test("a tab that is closed while it sends leaves it to the others", async () => {
  const other = network.open();
  outbox.open();
  write("1");
  other.open();
  other.add({ room: "lobby", body: "2" });
  outbox = network.load();
  await settled();
  assert.deepEqual(network.onItsWay.map(({ entry, tab }) => [entry.body, tab === other]), [["1", false], ["1", true]]);
});

test("a tab that waited for its turn looks again at what there is", async () => {
  const other = network.open();
  outbox.open();
  other.open();
  const first = write("1"), second = write("2");
  other.retry(first);
  assert.equal(network.onItsWay.length, 1);
  outbox.discard(second);
  await network.accept();
  assert.equal(network.onItsWay.length, 0);
  other.add({ room: "lobby", body: "3" });
  assert.deepEqual(bodies(network.onItsWay.map(({ entry }) => entry)), ["3"]);
});

test("what left is not brought back by what was read before", () => {
  const kept = [], id = write("1");
  kept.push(...network.kept);
  outbox.discard(id);
  outbox.restore(kept);
  assert.equal(outbox.size, 0);
});

test("what the journal no longer holds was taken out elsewhere", () => {
  write("1");
  outbox.restore([]);
  assert.equal(outbox.size, 0);
  assert.equal(network.changes.at(-1).type, "discarded");
});
