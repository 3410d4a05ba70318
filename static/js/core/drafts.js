/**
 * What was typed and not sent, a draft a room; it survives a reload.
 * Invariant: a room has one key in storage, so tabs on different rooms cannot overwrite each other; an empty draft has none.
 */

/** @import { Sent, Storage } from "#core/payloads.js" */
/** @typedef {{ seq: number, body: string, name: string, attachments?: boolean }} Known a message that may be far away, as far as the box has to know it */
/**
 * `quoted`: what it answers; `editing`: the message whose words are written anew, and how far that is.
 * @typedef {{ body: string, quoted?: Known, attachments?: Sent[], editing?: { message: Known, body: string } }} Draft
 */

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
    const draft = this.#storage.get(this.keyOf(room));
    return typeof draft?.body === "string" ? draft : null;
  }

  /** @param {string} room @param {Draft} draft whitespace alone, in reply to nothing, without files and an edit, is no draft */
  set(room, draft) {
    const isEmpty = !draft.body.trim() && !draft.quoted && !draft.attachments?.length && !draft.editing;
    this.#storage.set(this.keyOf(room), isEmpty ? null : draft);
  }

  /** @param {string} room */
  clear(room) {
    this.#storage.set(this.keyOf(room), null);
  }

  /** What a room's draft is stored under. @param {string} room */
  keyOf(room) { return `${this.#prefix}:${room}`; }
}
