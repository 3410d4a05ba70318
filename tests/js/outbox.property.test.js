/** Whatever the network does, in one tab or two: each message is stored once, in the order written, and settled once a tab. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Network, settled } from "./model/network.js";

const ROOMS = ["lobby", "ops"];
const REFUSALS = [{ code: "rate_limited", retry_after: 3 }, { code: "rate_limited" }, { code: "too_long" }];

/** One of the sends that were not answered, taken out. */
const some = (network, n) => network.onItsWay.splice(n % network.onItsWay.length, 1)[0];
const ifSent = (act) => (network, n) => network.onItsWay.length && act(network, n);

/** One of the tabs; the second is opened when it is first asked for. */
const tab = (network, n) => (n % 3 ? network.outbox : (network.other ??= network.open()));

const steps = {
  write: (network, n) => void tab(network, n).add({ room: ROOMS[n % 2], body: String(n) }),
  open: (network, n) => tab(network, n).open(),
  close: (network, n) => tab(network, n).close(),
  reload: (network) => void network.load(),
  accept: ifSent((network, n) => network.accept(some(network, n))),
  acceptUnheard: ifSent((network, n) => { network.store(some(network, n).entry); }),
  acceptButCut: ifSent((network, n) => { network.store(network.onItsWay[0].entry); return network.cut(some(network, n)); }),
  refuse: ifSent((network, n) => network.refuse(REFUSALS[n % 3], some(network, n))),
  cut: ifSent((network, n) => network.cut(some(network, n))),
  echo: (network, n) => network.stored.length && void network.outbox.settle(network.stored[n % network.stored.length]),
  pass: (network, n) => network.pass(n * 20),
  retry: (network, n) => network.outbox.size && tab(network, n).retry(network.outbox.list()[n % network.outbox.size].client_id),
};

const schedule = fc.array(fc.tuple(fc.constantFrom("write", "open", "accept", ...Object.keys(steps)), fc.nat(1000)), { maxLength: 60, size: "max" });

test("after any schedule, what was written is stored once, in order, and settled once", async () => {
  await fc.assert(fc.asyncProperty(schedule, async (schedule) => {
    const network = new Network();
    for (const [name, n] of schedule) {
      await steps[name](network, n);
      for (const room of ROOMS) {
        const sending = [network.outbox, network.other].flatMap((tab) => tab?.list(room) ?? []).filter(({ state }) => state === "sending");
        assert(sending.length <= 1, "two on their way");
      }
    }
    await bringHome(network);
    assertHome(network);
  }), { numRuns: 1000 });
});

/** The network works from now on. */
async function bringHome(network) {
  for (const tab of tabs(network)) {
    tab.close();
    tab.open();
  }
  for (let rounds = 0; network.outbox.list().some(({ state }) => state !== "failed"); rounds++) {
    assert(rounds < 500, "it does not come home");
    while (network.onItsWay.length) await network.accept();
    await network.pass(60_000);
    await settled();
  }
}

const tabs = ({ outbox, other }) => (other ? [outbox, other] : [outbox]);
const ids = (entries) => entries.map(({ client_id }) => client_id);

function assertHome(network) {
  const { changes, outbox, stored, kept } = network;
  const written = [...new Map(changes.filter(({ type }) => type === "added").map(({ entry }) => [entry.client_id, entry])).values()];
  const refused = new Set(changes.filter(({ entry }) => entry.state === "failed").map(({ entry }) => entry.client_id));
  const failed = ids(outbox.list());
  for (const tab of tabs(network)) assert.deepEqual(ids(tab.list()), failed);
  assert.deepEqual(ids(kept).sort(), [...failed].sort());
  for (const tab of new Set(changes.map(({ tab }) => tab))) {
    const settled = ids(changes.filter((change) => change.tab === tab && change.type === "settled").map(({ entry }) => entry));
    assert.equal(new Set(settled).size, settled.length, "settled twice");
  }
  const settled = new Set(network.settledIds());
  assert.deepEqual([...settled, ...failed].sort(), ids(written).sort());
  for (const room of ROOMS) {
    const order = (list) => ids(list.filter((each) => each.room === room && !refused.has(each.client_id)));
    assert.deepEqual(order(stored), order(written));
  }
}
