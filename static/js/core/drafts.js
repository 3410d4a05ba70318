/**
 * What was typed and not sent, a draft a room; it survives a reload.
 * Invariant: a room has one key in storage, so tabs on different rooms cannot overwrite each other; an empty draft has none.
 */

/** @import { Storage } from "#core/payloads.js" */
/** @typedef {{ body: string, reply_to?: number }} Draft */

export class Drafts {
  #storage;
  #prefix;

  /**
   * @param {Storage} storage
   * @param {string} [prefix] of the keys; put the user's id into it
   */
  constructor(storage, prefix = "draft") {
    this.#storage = storage;
    this.#prefix = prefix;
  }

  /** @param {string} room slug @returns {Draft | null} */
  get(room) {
    const draft = this.#storage.get(this.#key(room));
    return typeof draft?.body === "string" ? draft : null;
  }

  /** @param {string} room @param {Draft} draft whitespace alone, in reply to nothing, is no draft */
  set(room, draft) {
    const isEmpty = !draft.body.trim() && draft.reply_to === undefined;
    this.#storage.set(this.#key(room), isEmpty ? null : draft);
  }

  /** @param {string} room */
  clear(room) {
    this.#storage.set(this.#key(room), null);
  }

  /** @param {string} room */
  #key(room) { return `${this.#prefix}:${room}`; }
}
