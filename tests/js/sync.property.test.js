/** Promise 1 in the browser: whatever the network does, a log that has synced is the room's true state. */

import { test } from "node:test";
import fc from "fast-check";
import { Schedule } from "./model/schedule.js";

const often = ["post", "answerPosted", "change", "deliver", "deliverNext", "answer", "arrive"];
const name = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...often) },
  { weight: 2, arbitrary: fc.constantFrom(...Object.keys(Schedule.steps).filter((step) => step !== "burst")) },
);
const steps = fc.array(fc.tuple(name, fc.nat(1000)), { maxLength: 120, size: "max" });
/** The log of the room, or of the thread under its first message. */
const logs = fc.constantFrom(undefined, 1);
const start = [fc.nat(14), fc.constantFrom("nothing", "end", "middle"), logs];

test("after any schedule, a sync brings the room's true state", () => {
  fc.assert(fc.property(...start, steps, (posts, startsWith, thread, steps) => {
    const schedule = new Schedule(posts, startsWith, thread);
    schedule.run(steps);
    schedule.settle();
    schedule.assertConverged();
    schedule.readAll();
  }), { numRuns: 3000 });
});

test("answers that arrive after the last sync change nothing for the worse", () => {
  fc.assert(fc.property(...start, steps, fc.array(fc.nat(1000)), (posts, startsWith, thread, steps, late) => {
    const schedule = new Schedule(posts, startsWith, thread);
    schedule.run(steps);
    const events = schedule.wire;
    schedule.settle();
    for (const n of late) schedule.run([["answer", n], ["arrive", n]]);
    for (const event of events) schedule.apply(event);
    schedule.check();
    schedule.settle();
    schedule.assertConverged();
  }), { numRuns: 1000 });
});

test("a server set back to a backup takes its clients with it", () => {
  fc.assert(fc.property(...start, steps, steps, steps, fc.boolean(), (posts, startsWith, thread, before, lost, after, resets) => {
    const schedule = new Schedule(posts, startsWith, thread);
    schedule.room.resetsTheFuture = resets;
    schedule.run(before);
    const backup = schedule.room.backup();
    schedule.run(lost);
    fc.pre(schedule.log.version > backup.version);
    schedule.restore(backup);
    schedule.settle();
    schedule.assertConverged();
    schedule.run(after);
    schedule.settle();
    schedule.assertConverged();
  }), { numRuns: 1000 });
});

test("more changes than are remembered or held make a page stale, never wrong", () => {
  const burst = fc.tuple(fc.constant("burst"), fc.nat(1000));
  fc.assert(fc.property(...start, steps, burst, steps, (posts, startsWith, thread, before, burst, after) => {
    const schedule = new Schedule(posts, startsWith, thread);
    schedule.run([...before, burst, ...after]);
    schedule.settle();
    schedule.assertConverged();
  }), { numRuns: 60 });
});
