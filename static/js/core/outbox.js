/**
 * What was written and not yet acknowledged. Every entry is sent, under the same client_id, until the server answers it or
 * its message comes in; since the server stores a client_id once, sending again is harmless.
 *
 * Invariant: an entry leaves exactly once, settled or discarded; of a room at most one is on its way, the oldest pending one,
 * so a room's messages go out in the order they were written. Storage is shared with other tabs: each change
 * touches its own entry there and no other.
 */

/** @import { Message, MessageAck, Refusal, Storage } from "#core/payloads.js" */
/**
 * @typedef {object} Entry
 * @property {string} client_id
 * @property {string} room slug
 * @property {string} body
 * @property {number} [reply_to] seq
 * @property {string} created_at ISO 8601, by this device's clock
 * @property {"pending" | "sending" | "failed"} state
 * @property {Refusal | null} error why it failed
 */
/**
 * @typedef {{ type: "added" | "changed" | "discarded", entry: Readonly<Entry> }
 *   | { type: "settled", entry: Readonly<Entry>, message: Message }} Change
 */
/**
 * @typedef {object} Ports
 * @property {(entry: Readonly<Entry>) => Promise<MessageAck>} send rejects when no answer came (cut, timed out); must settle in the end
 * @property {Storage} storage
 * @property {() => string} uuid
 * @property {() => number} now milliseconds since the epoch
 * @property {(milliseconds: number, action: () => void) => void} after run the action once, later
 * @property {(change: Change) => void} [onchange] told of each change, after it
 * @property {string} [key] where in storage; put the user's id into it, or the next one signed in sends it
 */
/** @typedef {{ attempt: { client_id: string } | null, pause: object | null, patience: number }} Lane a room's way out */

/** Milliseconds until the next try when no answer came; doubled each time, up to the most. */
const PATIENCE = 1000, MOST_PATIENCE = 30_000;

export class Outbox {
  #ports;
  #key;
  /** @type {Map<string, Entry>} client_id -> entry, in the order written */
  #entries = new Map();
  /** @type {Map<string, Lane>} */
  #lanes = new Map();
  /** @type {object | null} set while the server wants nothing of us */
  #limit = null;
  #isOpen = false;

  /** @param {Ports} ports */
  constructor(ports) {
    this.#ports = ports;
    this.#key = ports.key ?? "outbox";
    for (const entry of this.#stored()) this.#entries.set(entry.client_id, entry);
  }

  get size() { return this.#entries.size; }

  /**
   * @param {string} [room]
   * @returns {Readonly<Entry>[]} in the order written
   */
  list(room) {
    const all = [...this.#entries.values()];
    return room === undefined ? all : all.filter((entry) => entry.room === room);
  }

  /** @param {string} client_id @returns {Readonly<Entry> | undefined} */
  get(client_id) { return this.#entries.get(client_id); }

  /**
   * Write one down and send it as soon as it is its turn.
   * @param {{ room: string, body: string, reply_to?: number }} draft
   * @returns {string} its client_id
   */
  add({ room, body, reply_to }) {
    /** @type {Entry} */
    const entry = {
      client_id: this.#ports.uuid(), room, body, created_at: new Date(this.#ports.now()).toISOString(),
      state: "pending", error: null, ...(reply_to === undefined ? {} : { reply_to }),
    };
    this.#entries.set(entry.client_id, entry);
    this.#store(entry);
    this.#tell({ type: "added", entry });
    this.#advance(room);
    return entry.client_id;
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
    for (const { attempt } of [...this.#lanes.values()]) if (attempt) this.#end(attempt);
  }

  /** Try a failed one again. @param {string} client_id */
  retry(client_id) {
    const entry = this.#entries.get(client_id);
    if (entry?.state !== "failed") return;
    this.#store(this.#change(entry, { state: "pending", error: null }));
    this.#advance(entry.room);
  }

  /**
   * Give one up. One that is on its way may arrive all the same.
   * @param {string} client_id
   * @returns {Readonly<Entry> | undefined} what it was, to be written anew
   */
  discard(client_id) {
    const entry = this.#remove(client_id);
    if (!entry) return;
    this.#tell({ type: "discarded", entry });
    this.#advance(entry.room);
    return entry;
  }

  /**
   * Its message exists. To be called for every message that comes in, by event, sync or page.
   * @param {Message} message
   * @returns {boolean} whether it was one of ours, and unsettled
   */
  settle(message) {
    const entry = this.#remove(message.client_id);
    if (!entry) return false;
    this.#lane(entry.room).patience = PATIENCE;
    this.#tell({ type: "settled", entry, message });
    this.#advance(entry.room);
    return true;
  }

  #advanceAll() {
    for (const room of new Set(this.list().map((entry) => entry.room))) this.#advance(room);
  }

  /** Send the room's oldest pending entry, if the way is free. @param {string} room */
  #advance(room) {
    const lane = this.#lane(room);
    if (!this.#isOpen || this.#limit || lane.attempt || lane.pause) return;
    const next = this.list(room).find(({ state }) => state === "pending");
    if (!next) return;
    const attempt = lane.attempt = { client_id: next.client_id };
    this.#send(this.#change(next, { state: "sending" })).then(
      (ack) => this.#answered(attempt, ack),
      () => this.#unanswered(attempt),
    );
  }

  /** @param {Entry} entry */
  async #send(entry) { return this.#ports.send(entry); } // async: a throw is a rejection too

  /** @param {{ client_id: string }} attempt @param {MessageAck} ack */
  #answered(attempt, ack) {
    if (ack.ok) return void this.settle({ ...ack.message, client_id: attempt.client_id }); // however late
    const { error } = ack, isEarly = error.retry_after !== undefined; // too fast, or a fault of the server's
    const entry = this.#end(attempt, isEarly ? {} : { state: "failed", error });
    if (!entry) return;
    if (isEarly) this.#rest(error.retry_after ?? 1);
    else this.#store(entry);
    this.#advance(entry.room);
  }

  /** @param {{ client_id: string }} attempt */
  #unanswered(attempt) {
    const entry = this.#end(attempt);
    if (!entry) return;
    const lane = this.#lane(entry.room), pause = lane.pause = {};
    this.#ports.after(lane.patience, () => {
      if (lane.pause !== pause) return;
      lane.pause = null;
      this.#advance(entry.room);
    });
    lane.patience = Math.min(2 * lane.patience, MOST_PATIENCE);
  }

  /** The limit is the sender's, so all rooms rest. @param {number} seconds */
  #rest(seconds) {
    const limit = this.#limit = {};
    this.#ports.after(Math.max(seconds, 0.1) * 1000, () => {
      if (this.#limit !== limit) return;
      this.#limit = null;
      this.#advanceAll();
    });
  }

  /**
   * End an attempt that did not get through.
   * @param {{ client_id: string }} attempt
   * @param {Partial<Entry>} [fields] what it left behind
   * @returns {Entry | undefined} undefined if it was over before: settled, discarded, cut off
   */
  #end(attempt, fields) {
    const entry = this.#entries.get(attempt.client_id);
    if (!entry || this.#lane(entry.room).attempt !== attempt) return;
    this.#lane(entry.room).attempt = null;
    return this.#change(entry, { state: "pending", ...fields });
  }

  /** @param {string} client_id */
  #remove(client_id) {
    const entry = this.#entries.get(client_id);
    if (!entry) return;
    this.#entries.delete(client_id);
    this.#save(this.#stored().filter((other) => other.client_id !== client_id));
    const lane = this.#lane(entry.room);
    if (lane.attempt?.client_id === client_id) lane.attempt = null;
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

  /** @returns {Entry[]} */
  #stored() {
    const stored = this.#ports.storage.get(this.#key);
    return Array.isArray(stored) ? stored : [];
  }

  /** @param {Entry} entry pending or failed: what is on its way is nobody's once the page is gone */
  #store(entry) {
    const stored = this.#stored(), at = stored.findIndex(({ client_id }) => client_id === entry.client_id);
    this.#save(at < 0 ? [...stored, entry] : stored.with(at, entry));
  }

  /** @param {Entry[]} entries */
  #save(entries) { this.#ports.storage.set(this.#key, entries.length ? entries : null); }
}
