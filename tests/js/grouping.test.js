import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { foldNotices, group, nameSome } from "#core/grouping.js";

const ana = { id: 1, handle: "ana", name: "Ana" }, bo = { id: 2, handle: "bo", name: "Bo" };
const dayOf = (created_at) => created_at.slice(0, 10);
const said = (time, author = ana, reply_to = null) => ({ author, created_at: `2025-06-01T${time}Z`, reply_to });

test("one author within five minutes goes on under one heading", () => {
  assert.deepEqual(group(said("12:00:00.000"), said("12:04:59.999"), dayOf), { first: false, day: null });
});

test("a pause of five minutes, another author or a reply opens a group", () => {
  assert(group(said("12:00:00.000"), said("12:05:00.000"), dayOf).first);
  assert(group(said("12:00:00.000"), said("12:00:01.000", bo), dayOf).first);
  assert(group(said("12:00:00.000"), said("12:00:01.000", ana, { seq: 1 }), dayOf).first);
});

test("a group goes on after a reply", () => {
  assert(!group(said("12:00:00.000", ana, { seq: 1 }), said("12:00:01.000"), dayOf).first);
});

test("a root stands apart from its answers, which go on under one heading", () => {
  const root = said("12:00:00.000"), answer = { ...root, thread: 1 };
  assert(group(root, answer, dayOf).first);
  assert(!group(answer, answer, dayOf).first);
});

test("the first message, and the first of a day in the reader's zone, opens a day and a group", () => {
  assert.deepEqual(group(null, said("12:00:00.000"), dayOf), { first: true, day: "2025-06-01" });
  const inTokyo = (created_at) => dayOf(new Date(Date.parse(created_at) + 9 * 3_600_000).toISOString());
  const midnight = [said("14:59:59.000"), said("15:00:00.000")];
  assert.deepEqual(group(...midnight, inTokyo), { first: true, day: "2025-06-02" });
  assert.deepEqual(group(...midnight, dayOf), { first: false, day: null });
});

test("a clock that was set back a little does not tear a group apart", () => {
  assert(!group(said("12:00:01.000"), said("12:00:00.000"), dayOf).first);
  assert(group(said("12:10:00.000"), said("12:00:00.000"), dayOf).first);
});

test("notices come to who joined and who left", () => {
  const notices = [{ type: "join", user: ana }, { type: "leave", user: bo }, { type: "join", user: ana }];
  assert.deepEqual(foldNotices(notices), { joined: [ana], left: [bo] });
});

test("who joined and left again, or left and came back, is not mentioned", () => {
  const both = (first, second) => foldNotices([{ type: first, user: ana }, { type: second, user: ana }]);
  assert.deepEqual(both("join", "leave"), { joined: [], left: [] });
  assert.deepEqual(both("leave", "join"), { joined: [], left: [] });
});

test("a fold comes to who is there now and was not, and the other way round; in steps as at once", () => {
  const toggles = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 30 });
  fc.assert(fc.property(toggles, fc.subarray([1, 2, 3, 4]), fc.nat(30), (ids, present, at) => {
    const online = new Set(present);
    const notices = ids.map((id) => {
      const type = online.has(id) ? "leave" : "join";
      if (type === "join") online.add(id);
      else online.delete(id);
      return { type, user: { ...ana, id } };
    });
    const { joined, left } = foldNotices(notices.slice(at), foldNotices(notices.slice(0, at)));
    const sorted = (users) => users.map(({ id }) => id).sort();
    assert.deepEqual(sorted(joined), [...online].filter((id) => !present.includes(id)).sort());
    assert.deepEqual(sorted(left), present.filter((id) => !online.has(id)).sort());
    assert.deepEqual(foldNotices(notices), { joined, left });
  }));
});

test("up to three are named, of more the first two; never '1 other'", () => {
  assert.deepEqual(nameSome([1, 2, 3]), { named: [1, 2, 3], others: 0 });
  assert.deepEqual(nameSome([1, 2, 3, 4, 5]), { named: [1, 2], others: 3 });
});
