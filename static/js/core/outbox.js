/**
 * What was written and not yet acknowledged. Every entry is sent, under the same client_id, until the server answers it or
 * its message comes in; since the server stores a client_id once, sending again is harmless.
 *
 * The journal keeps the entries beyond the page, and all tabs of the browser share it (wire/journal.js): each draws all entries, any sends any, but of a room
 * only one tab at a time does. Invariant: an entry leaves exactly once, settled or discarded; of a room at most one is on its way, the oldest pending one that
 * the journal holds, so a room's messages go out in the order they were written, in whichever tab.
 */

/** @import { Message, MessageAck, Refusal, Sent } from "#core/payloads.js" */
/**
 * @typedef {object} Entry
 * @property {string} client_id
 * @property {string} room slug
 * @property {string} body
 * @property {number} [reply_to] seq
 * @property {number} [thread] seq of the root, for an answer in a thread
 * @property {Sent[]} [attachments] files that go ahead of it; absent: none
 * @property {string} created_at ISO 8601, by this device's clock; later than that of every entry before it
 * @property {"pending" | "sending" | "failed"} state
 * @property {Refusal | null} error why it failed
 */
/**
 * @typedef {{ type: "added" | "changed" | "discarded", entry: Readonly<Entry> }
 *   | { type: "settled", entry: Readonly<Entry>, message: Message }} Change
 */
/** @typedef {{ put: Entry } | { gone: string, message?: Message }} News what another tab did: wrote or changed an entry; took one out, as its message exists or as it was discarded */
/**
 * @typedef {object} Journal
 * @property {(entry: Readonly<Entry>) => void} put keep it, or what became of it, and tell the other tabs
 * @property {(client_id: string, message?: Message) => void} remove forget it, and tell the other tabs, with the message that came of it
 * @property {(room: string, act: (stored: Readonly<Entry>[]) => Promise<void>) => unknown} turn do it when no other tab sends to the room, with all that is kept
 */
/**
 * @typedef {object} Ports
 * @property {(entry: Readonly<Entry>) => Promise<MessageAck>} send rejects when no answer came (cut, timed out); must settle in the end
 * @property {Journal} journal
 * @property {() => string} uuid
 * @property {() => number} now milliseconds since the epoch
 * @property {(milliseconds: number, action: () => void) => void} after run the action once, later
 * @property {(change: Change) => void} [onchange] told of each change, after it
 * @property {(reason: Refusal | null) => void} [onrest] told why nothing goes out for a while, and (null) that it does again
 */
/** @typedef {{ client_id: string, end: () => void }} Attempt to send one, from waiting for the turn ("") to the end, which gives the turn back */
/** @typedef {{ attempt: Attempt | null, pause: object | null, patience: number }} Lane a room's way out */

/** Milliseconds until the next try when no answer came; doubled each time, up to the most. */
const PATIENCE = 1000, MOST_PATIENCE = 30_000;
/** Who waits shorter than this for the server is not told why, seconds. */
const WORTH_A_WORD = 1;

export class Outbox {
  #ports;
  /** @type {Map<string, Entry>} client_id -> entry, in the order written */
  #entries = new Map();
  /** @type {Set<string>} those that left, which nothing read earlier brings back */
  #left = new Set();
  /** @type {Map<string, Lane>} */
  #lanes = new Map();
  /** @type {object | null} set while the server wants nothing of us */
  #limit = null;
  /** @type {Refusal | null} what was told of that, until something goes out */
  #reason = null;
  #isOpen = false;

  /** @param {Ports} ports */
  constructor(ports) { this.#ports = ports; }

  get size() { return this.#entries.size; }

  /**
   * @param {string} [room]
   * @returns {Readonly<Entry>[]} in the order written
   */
  list(room) {
    const all = [...this.#entries.values()].sort((a, b) => (a.created_at + a.client_id < b.created_at + b.client_id ? -1 : 1));
    return room === undefined ? all : all.filter((entry) => entry.room === room);
  }

  /** @param {string} client_id @returns {Readonly<Entry> | undefined} */
  get(client_id) { return this.#entries.get(client_id); }

  /**
   * Write one down and send it as soon as it is its turn.
   * @param {{ room: string, body: string, reply_to?: number, thread?: number, attachments?: Sent[] }} draft
   * @returns {string} its client_id
   */
  add({ room, body, reply_to, thread, attachments }) {
    /** @type {Entry} */
    const entry = {
      client_id: this.#ports.uuid(), room, body, created_at: this.#now(),
      state: "pending", error: null, ...(reply_to === undefined ? {} : { reply_to }), ...(thread === undefined ? {} : { thread }),
      ...(attachments?.length ? { attachments } : {}),
    };
    this.#ports.journal.put(entry);
    this.#take(entry);
    return entry.client_id;
  }

  /** What the journal holds: these are the entries, whatever happened to it meanwhile. @param {Readonly<Entry>[]} stored */
  restore(stored) {
    const kept = new Set(stored.map(({ client_id }) => client_id));
    for (const { client_id } of this.list()) if (!kept.has(client_id)) this.#drop(client_id);
    for (const entry of stored) this.#take(entry);
  }

  /** What another tab did. @param {News} news */
  heard(news) {
    if ("put" in news) this.#take(news.put);
    else if (news.message) this.#settle(news.message);
    else this.#drop(news.gone);
  }

  /** Connected: send what waits. */
  open() {
    this.#isOpen = true;
    for (const lane of this.#lanes.values()) [lane.pause, lane.patience] = [null, PATIENCE];
    this.#advanceAll();
  }

  /** Cut off: what was on its way counts as unsent, until it turns out to have arrived. */
  close() {
    this.#isOpen = false;
    for (const lane of [...this.#lanes.values()]) {
      if (lane.attempt) this.#end(lane.attempt);
      this.#release(lane);
    }
  }

  /** Try a failed one again; without the quote, if what it quotes is gone. @param {string} client_id */
  retry(client_id) {
    const entry = this.#entries.get(client_id);
    if (entry?.state !== "failed") return;
    const less = entry.error?.field === "reply_to" ? { reply_to: undefined } : {};
    this.#ports.journal.put(this.#change(entry, { state: "pending", error: null, ...less }));
    this.#advance(entry.room);
  }

  /**
   * Give one up. One that is on its way may arrive all the same.
   * @param {string} client_id
   * @returns {Readonly<Entry> | undefined} what it was, to be written anew
   */
  discard(client_id) {
    if (this.#entries.has(client_id)) this.#ports.journal.remove(client_id);
    return this.#drop(client_id);
  }

  /**
   * Its message exists. To be called for every message that comes in, by event, sync or page.
   * @param {Message} message
   * @returns {boolean} whether it was one of ours, and unsettled
   */
  settle(message) {
    if (this.#entries.has(message.client_id)) this.#ports.journal.remove(message.client_id, message);
    return this.#settle(message) !== undefined;
  }

  /** @param {Message} message */
  #settle(message) {
    const entry = this.#remove(message.client_id);
    if (!entry) return;
    this.#lane(entry.room).patience = PATIENCE;
    if (this.#reason) this.#ports.onrest?.(this.#reason = null);
    this.#tell({ type: "settled", entry, message });
    this.#advance(entry.room);
    return entry;
  }

  /** Discarded, here or elsewhere. @param {string} client_id */
  #drop(client_id) {
    const entry = this.#remove(client_id);
    if (!entry) return;
    this.#tell({ type: "discarded", entry });
    this.#advance(entry.room);
    return entry;
  }

  /** An entry that is new, or became another elsewhere. @param {Readonly<Entry>} entry */
  #take(entry) {
    const known = this.#entries.get(entry.client_id);
    if (this.#left.has(entry.client_id) || known?.state === "sending" || (known && known.state === entry.state)) return;
    this.#entries.set(entry.client_id, entry);
    this.#tell({ type: known ? "changed" : "added", entry });
    this.#advance(entry.room);
  }

  /** Later than every entry there is. */
  #now() {
    const last = this.list().at(-1);
    return new Date(Math.max(this.#ports.now(), last ? Date.parse(last.created_at) + 1 : 0)).toISOString();
  }

  #advanceAll() {
    for (const room of new Set(this.list().map((entry) => entry.room))) this.#advance(room);
  }

  /** Send the room's oldest pending entry, if the way is free. @param {string} room */
  #advance(room) {
    const lane = this.#lane(room);
    if (!this.#isOpen || this.#limit || lane.attempt || lane.pause || !this.#next(room)) return;
    /** @type {Attempt} */
    const attempt = lane.attempt = { client_id: "", end() {} };
    this.#ports.journal.turn(room, (stored) => new Promise((end) => {
      if (lane.attempt !== attempt) return end(); // cut off while it waited
      this.restore(stored);
      const next = this.#next(room);
      attempt.end = end;
      if (!next) return this.#release(lane);
      attempt.client_id = next.client_id;
      this.#send(this.#change(next, { state: "sending" })).then(
        (ack) => this.#answered(attempt, ack),
        () => this.#unanswered(attempt),
      );
    }));
  }

  /** @param {string} room */
  #next(room) { return this.list(room).find(({ state }) => state === "pending"); }

  /** The way is free for the next one, from any tab. @param {Lane} lane */
  #release(lane) {
    const { attempt } = lane;
    lane.attempt = null;
    attempt?.end();
  }

  /** @param {Entry} entry */
  async #send(entry) { return this.#ports.send(entry); } // async: a throw is a rejection too

  /** @param {Attempt} attempt @param {MessageAck} ack */
  #answered(attempt, ack) {
    if (ack.ok) return void this.settle({ ...ack.message, client_id: attempt.client_id }); // however late
    const { error } = ack, isEarly = error.retry_after !== undefined; // too fast, or a fault of the server's
    const entry = this.#end(attempt, isEarly ? {} : { state: "failed", error });
    if (!entry) return;
    if (error.code === "slow_mode") this.#pause(entry.room, error.retry_after ?? 1); // the room's, not the sender's
    else if (isEarly) this.#rest(error);
    else this.#ports.journal.put(entry);
    this.#advance(entry.room);
  }

  /** @param {Attempt} attempt */
  #unanswered(attempt) {
    const entry = this.#end(attempt);
    if (!entry) return;
    const lane = this.#lane(entry.room);
    this.#pause(entry.room, lane.patience / 1000);
    lane.patience = Math.min(2 * lane.patience, MOST_PATIENCE);
  }

  /** One room rests. @param {string} room @param {number} seconds */
  #pause(room, seconds) {
    const lane = this.#lane(room), pause = lane.pause = {};
    this.#ports.after(seconds * 1000, () => {
      if (lane.pause !== pause) return;
      lane.pause = null;
      this.#advance(room);
    });
  }

  /** The limit is the sender's, so all rooms rest. @param {Refusal} error */
  #rest(error) {
    const limit = this.#limit = {};
    if ((error.retry_after ?? 1) >= WORTH_A_WORD) this.#ports.onrest?.(this.#reason = error);
    this.#ports.after(Math.max(error.retry_after ?? 1, 0.1) * 1000, () => {
      if (this.#limit !== limit) return;
      this.#limit = null;
      this.#advanceAll();
    });
  }

  /**
   * End an attempt that did not get through.
   * @param {Attempt} attempt
   * @param {Partial<Entry>} [fields] what it left behind
   * @returns {Entry | undefined} undefined if it was over before: settled, discarded, cut off
   */
  #end(attempt, fields) {
    const entry = this.#entries.get(attempt.client_id);
    if (!entry || this.#lane(entry.room).attempt !== attempt) return;
    this.#release(this.#lane(entry.room));
    return this.#change(entry, { state: "pending", ...fields });
  }

  /** @param {string} client_id */
  #remove(client_id) {
    const entry = this.#entries.get(client_id);
    if (!entry) return;
    this.#entries.delete(client_id);
    this.#left.add(client_id);
    const lane = this.#lane(entry.room);
    if (lane.attempt?.client_id === client_id) this.#release(lane);
    return entry;
  }

  /** @param {Entry} entry @param {Partial<Entry>} fields */
  #change(entry, fields) {
    const changed = { ...entry, ...fields };
    this.#entries.set(entry.client_id, changed);
    this.#tell({ type: "changed", entry: changed });
    return changed;
  }

  /** @param {Change} change */
  #tell(change) { this.#ports.onchange?.(change); }

  /** @param {string} room @returns {Lane} */
  #lane(room) {
    const lane = this.#lanes.get(room) ?? { attempt: null, pause: null, patience: PATIENCE };
    this.#lanes.set(room, lane);
    return lane;
  }
}
