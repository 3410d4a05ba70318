/**
 * Outboxes of one or more tabs, the journal they share, a server that stores a client_id once, and a network that answers when and how it is told to.
 * Timers run when told to, too.
 */

import { Outbox } from "#core/outbox.js";
import { Browser } from "./browser.js";

/** Let every promise that can go on do so. */
export const settled = () => new Promise((resolve) => setImmediate(resolve));

export class Network {
  browser = new Browser();
  now = Date.parse("2025-06-01T12:00:00.000Z");
  /** Sends that were not answered: {entry, resolve, reject}. */
  onItsWay = [];
  /** What the server stored, in order. */
  stored = [];
  /** Running timers: {at, action}. */
  timers = [];
  changes = [];
  /** Why nothing went out, as it was told. */
  reasons = [];
  ids = 0;

  constructor() { this.load(); }

  /** What is kept beyond the page. */
  get kept() { return this.browser.list(); }

  /** The page is opened, again; nothing is left of the one before but what it stored. */
  load() {
    // What the page before sent may still arrive; nobody hears the answer.
    this.onItsWay = this.onItsWay.map((send) => (send.tab === this.outbox ? { ...send, resolve() {}, reject() {} } : send));
    this.timers = this.timers.filter(({ tab }) => tab !== this.outbox);
    this.browser.close(this.outbox);
    this.outbox = this.open();
    return this.outbox;
  }

  /** One more tab. */
  open() {
    const tab = new Outbox({
      send: (entry) => new Promise((resolve, reject) => this.onItsWay.push({ entry, resolve, reject, tab })),
      journal: this.browser.journal(() => tab),
      uuid: () => `id-${++this.ids}`,
      now: () => this.now,
      after: (milliseconds, action) => this.timers.push({ at: this.now + milliseconds, action, tab }),
      onchange: (change) => this.changes.push({ ...change, tab }),
      onrest: (reason) => this.reasons.push(reason?.code ?? null),
    });
    this.browser.open(tab);
    tab.restore(this.kept);
    return tab;
  }

  /** The server stores what was sent, unless it has it. */
  store({ client_id, room, body }) {
    const known = this.stored.find((message) => message.client_id === client_id);
    const message = known ?? { client_id, room, body, seq: this.stored.length + 1 };
    if (!known) this.stored.push(message);
    return message;
  }

  async accept(send = this.onItsWay.shift()) {
    const message = this.store(send.entry);
    send.resolve({ ok: true, room: message.room, version: message.seq, message });
    await settled();
    return message;
  }

  async refuse(error, send = this.onItsWay.shift()) {
    send.resolve({ ok: false, error: { message: "no", ...error } });
    await settled();
  }

  /** No answer comes; whether it was stored, the sender cannot know. */
  async cut(send = this.onItsWay.shift()) {
    send.reject(new Error("timed out"));
    await settled();
  }

  async pass(milliseconds) {
    this.now += milliseconds;
    const due = this.timers.filter(({ at }) => at <= this.now);
    this.timers = this.timers.filter((timer) => !due.includes(timer));
    for (const { action } of due) action();
    await settled();
  }

  settledIds() {
    return this.changes.filter(({ type }) => type === "settled").map(({ entry }) => entry.client_id);
  }
}
