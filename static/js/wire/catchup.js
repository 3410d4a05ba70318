/**
 * Catching up: asks the server for what is missing, as long as something is. Invariant: at most one `sync` is on its way; when none is and no timer
 * runs, nothing was missing when last looked.
 */

/** @import { SyncResult, Refusal } from "#core/payloads.js" */
/** @typedef {Record<string, SyncResult | { error: Refusal }>} Results */
/**
 * @typedef {object} Ports
 * @property {() => Record<string, number>} missing room -> version to ask from; empty: nothing is
 * @property {(versions: Record<string, number>) => Promise<{ ok: true, rooms: Results } | { ok: false, error: Refusal }>} ask
 * @property {(results: Results, asked: Record<string, number>) => void} onanswer
 * @property {() => void} ondone nothing is missing
 */

/** Moment for stragglers before a gap is asked about, milliseconds. */
const STRAGGLERS = 200;
/** Wait after no answer, milliseconds. */
const AGAIN = 1000;
/** Rooms in one request; the server's bound. */
const MOST = 100;

export class CatchUp {
  #ports;
  #isAsking = false;
  /** @type {ReturnType<typeof setTimeout> | null} */
  #timer = null;
  #isOpen = false;

  /** @param {Ports} ports */
  constructor(ports) { this.#ports = ports; }

  /** Connected: ask at once. */
  open() {
    this.#isOpen = true;
    this.#ask();
  }

  close() {
    this.#isOpen = false;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** There is a gap: ask, unless it closes by itself in a moment. */
  soon() { this.#later(STRAGGLERS); }

  /** @param {number} milliseconds */
  #later(milliseconds) {
    if (!this.#isOpen || this.#isAsking || this.#timer) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#ask();
    }, milliseconds);
  }

  async #ask() {
    if (!this.#isOpen || this.#isAsking) return;
    const versions = Object.fromEntries(Object.entries(this.#ports.missing()).slice(0, MOST));
    if (!Object.keys(versions).length) return this.#ports.ondone();
    this.#isAsking = true;
    const answer = await this.#ports.ask(versions).catch(() => null);
    this.#isAsking = false;
    if (answer?.ok) {
      this.#ports.onanswer(answer.rooms, versions);
      const isStuck = Object.entries(this.#ports.missing()).some(([room, version]) => versions[room] === version);
      if (isStuck) this.#later(AGAIN);
      else this.#ask();
    } else this.#later(answer ? 1000 * (answer.error.retry_after ?? 1) : AGAIN);
  }
}
