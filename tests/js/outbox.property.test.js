/** Whatever the network does: each message is stored once, in the order written, and settled once. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Network, settled } from "./model/network.js";

const ROOMS = ["lobby", "ops"];
const REFUSALS = [{ code: "rate_limited", retry_after: 3 }, { code: "rate_limited" }, { code: "too_long" }];

/** One of the sends that were not answered, taken out. */
const some = (network, n) => network.onItsWay.splice(n % network.onItsWay.length, 1)[0];
const ifSent = (act) => (network, n) => network.onItsWay.length && act(network, n);

const steps = {
  write: (network, n) => void network.outbox.add({ room: ROOMS[n % 2], body: String(n) }),
  open: (network) => network.outbox.open(),
  close: (network) => network.outbox.close(),
  reload: (network) => void network.load(),
  accept: ifSent((network, n) => network.accept(some(network, n))),
  acceptUnheard: ifSent((network, n) => { network.store(some(network, n).entry); }),
  acceptButCut: ifSent((network, n) => { network.store(network.onItsWay[0].entry); return network.cut(some(network, n)); }),
  refuse: ifSent((network, n) => network.refuse(REFUSALS[n % 3], some(network, n))),
  cut: ifSent((network, n) => network.cut(some(network, n))),
  echo: (network, n) => network.stored.length && void network.outbox.settle(network.stored[n % network.stored.length]),
  pass: (network, n) => network.pass(n * 20),
  retry: (network, n) => network.outbox.size && network.outbox.retry(network.outbox.list()[n % network.outbox.size].client_id),
};

const schedule = fc.array(fc.tuple(fc.constantFrom("write", "open", "accept", ...Object.keys(steps)), fc.nat(1000)), { maxLength: 60, size: "max" });

test("after any schedule, what was written is stored once, in order, and settled once", async () => {
  await fc.assert(fc.asyncProperty(schedule, async (schedule) => {
    const network = new Network();
    for (const [name, n] of schedule) {
      await steps[name](network, n);
      for (const room of ROOMS) {
        assert(network.outbox.list(room).filter(({ state }) => state === "sending").length <= 1, "two on their way");
      }
    }
    await bringHome(network);
    assertHome(network);
  }), { numRuns: 1000 });
});

/** The network works from now on. */
async function bringHome(network) {
  network.outbox.close();
  network.outbox.open();
  for (let rounds = 0; network.outbox.list().some(({ state }) => state !== "failed"); rounds++) {
    assert(rounds < 500, "it does not come home");
    while (network.onItsWay.length) await network.accept();
    await network.pass(60_000);
    await settled();
  }
}

function assertHome({ changes, outbox, stored, storage, settledIds }) {
  const written = changes.filter(({ type }) => type === "added").map(({ entry }) => entry);
  const refused = new Set(changes.filter(({ entry }) => entry.state === "failed").map(({ entry }) => entry.client_id));
  const failed = outbox.list().map(({ client_id }) => client_id);
  assert.deepEqual((storage.get("outbox") ?? []).map(({ client_id }) => client_id), failed);
  const settled = settledIds.call({ changes });
  assert.equal(new Set(settled).size, settled.length, "settled twice");
  assert.deepEqual([...settled, ...failed].sort(), written.map(({ client_id }) => client_id).sort());
  for (const room of ROOMS) {
    const ids = (list) => list.filter((each) => each.room === room && !refused.has(each.client_id)).map(({ client_id }) => client_id);
    assert.deepEqual(ids(stored), ids(written));
  }
}
