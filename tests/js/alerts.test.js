import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Alerts, MOMENT, isWanted } from "#core/alerts.js";

const ME = 1, BO = 2;
let alerts, room, shown, asked, timers, isFront, isOn;

const message = (seq, fields = {}) => ({ seq, author: { id: BO }, body: "hi", deleted: false, ...fields });
const calling = { mentions: { room: false, users: [ME] } };
const pass = () => {
  for (const { action, milliseconds } of timers.splice(0)) {
    assert.equal(milliseconds, MOMENT);
    action();
  }
};

beforeEach(() => {
  [shown, asked, timers, isFront, isOn] = [[], [], [], false, true];
  room = { slug: "den", involvement: "everything", last_read_seq: 0, threads: [] };
  alerts = new Alerts(ME, {
    room: () => room, isOn: () => isOn, isFront: () => isFront, ask: (slug) => asked.push(slug),
    show: ({ message: { seq } }) => shown.push(seq), after: (action, milliseconds) => timers.push({ action, milliseconds }),
  });
});

test("in a direct conversation every message calls one", () => {
  const wanted = (involvement) => [message(1), message(1, calling), message(1, { deleted: true }), message(1, { author: { id: ME } })]
    .map((each) => isWanted({ involvement, kind: "direct" }, each, ME));
  assert.deepEqual(wanted("everything"), [true, true, false, false]);
  assert.deepEqual(wanted("mentions"), [true, true, false, false]);
  assert.deepEqual(wanted("nothing"), [false, false, false, false]);
});

test("a message is told after a moment", () => {
  alerts.heard("den", message(1));
  assert.deepEqual(shown, []);
  pass();
  assert.deepEqual([shown, asked], [[1], ["den"]]);
});

test("not if it was read meanwhile, on whichever device", () => {
  alerts.heard("den", message(1));
  alerts.heard("den", message(2));
  room.last_read_seq = 1;
  pass();
  assert.deepEqual(shown, [2]);
});

test("not where the room is in front, in this tab or another, for as long as one asked", () => {
  isFront = true;
  alerts.heard("den", message(1));
  isFront = false;
  alerts.heard("den", message(2));
  alerts.isElsewhere("den");
  pass();
  assert.deepEqual(shown, []);
  alerts.isElsewhere("den"); // late: nothing was asked
  alerts.heard("den", message(3));
  pass();
  assert.deepEqual(shown, [3]);
});

test("not where this tab does not speak for the browser, or the room was muted meanwhile", () => {
  isOn = false;
  alerts.heard("den", message(1));
  isOn = true;
  alerts.heard("den", message(2));
  room = { ...room, involvement: "nothing" };
  pass();
  assert.deepEqual(shown, []);
});

test("an answer is told to who follows its thread, and has not read it there", () => {
  room.last_read_seq = 9;
  alerts.heard("den", message(8, { thread: 1 })); // not followed, as nothing says that it is unread
  pass();
  assert.deepEqual(shown, []);
  alerts.heard("den", message(8, { thread: 1 }));
  room.threads = [{ seq: 1, last_read_seq: 7, unread: 1, mentions: 0 }];
  pass();
  assert.deepEqual(shown, [8]);
  alerts.heard("den", message(8, { thread: 1 }));
  room.threads = [];
  pass();
  assert.deepEqual(shown, [8]);
});

test("what is wanted follows the involvement", () => {
  const wanted = (involvement) => [
    message(1), message(1, calling), message(1, { thread: 1 }), message(1, { ...calling, thread: 1 }),
    message(1, { ...calling, author: { id: ME } }), message(1, { ...calling, deleted: true }),
  ].map((each) => isWanted({ involvement }, each, ME));
  assert.deepEqual(wanted("everything"), [true, true, true, true, false, false]);
  assert.deepEqual(wanted("mentions"), [false, true, false, true, false, false]);
  assert.deepEqual(wanted("nothing"), [false, false, false, false, false, false]);
});
