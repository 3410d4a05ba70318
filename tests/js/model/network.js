/**
 * An Outbox, a server that stores a client_id once, and a network that answers when and how it is told to. Timers run when told to, too.
 */

import { Outbox } from "#core/outbox.js";
import { MemoryStorage } from "./storage.js";

/** Let every promise that can go on do so. */
export const settled = () => new Promise((resolve) => setImmediate(resolve));

export class Network {
  storage = new MemoryStorage();
  now = Date.parse("2025-06-01T12:00:00.000Z");
  /** Sends that were not answered: {entry, resolve, reject}. */
  onItsWay = [];
  /** What the server stored, in order. */
  stored = [];
  /** Running timers: {at, action}. */
  timers = [];
  changes = [];
  ids = 0;

  constructor() { this.load(); }

  /** The page is opened, again; nothing is left of the one before but what it stored. */
  load() {
    // What the page before sent may still arrive; nobody hears the answer.
    this.onItsWay = this.onItsWay.map(({ entry }) => ({ entry, resolve() {}, reject() {} }));
    this.timers = [];
    this.outbox = new Outbox({
      send: (entry) => new Promise((resolve, reject) => this.onItsWay.push({ entry, resolve, reject })),
      storage: this.storage,
      uuid: () => `id-${++this.ids}`,
      now: () => this.now,
      after: (milliseconds, action) => this.timers.push({ at: this.now + milliseconds, action }),
      onchange: (change) => this.changes.push(change),
    });
    return this.outbox;
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
