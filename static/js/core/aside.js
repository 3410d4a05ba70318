/**
 * What changed, or left, outside a log's window: a page that was fetched before and arrives now is corrected by it.
 * Invariant: every change after `horizon` is here; a page from before the horizon cannot be corrected and is stale.
 */

/** @import { Message } from "#core/payloads.js" */

/** Messages remembered, at least; twice as many, at most. */
const REMEMBERED = 256;

export class Aside {
  /** @type {Map<number, Message>} */
  #messages = new Map();
  #horizon = 0;

  /** The version from which all is remembered. */
  get horizon() { return this.#horizon; }

  /** Nothing is known of the changes up to here. @param {number} horizon */
  rise(horizon) {
    this.#horizon = horizon;
    for (const { seq, version } of this.#messages.values()) if (version <= horizon) this.#messages.delete(seq);
  }

  /** @param {Message} message */
  add(message) {
    if (message.version <= this.#horizon) return;
    this.#messages.set(message.seq, this.latest(message));
    if (this.#messages.size > 2 * REMEMBERED) this.#forgetOldest();
  }

  /** What is known above this number, ascending. @param {number} seq */
  above(seq) {
    return [...this.#messages.values()].filter((message) => message.seq > seq).sort((a, b) => a.seq - b.seq);
  }

  /**
   * The newest state known of this message.
   * @param {Message} message
   */
  latest(message) {
    const known = this.#messages.get(message.seq);
    return known && known.version >= message.version ? known : message;
  }

  #forgetOldest() {
    const versions = [...this.#messages.values()].map(({ version }) => version).sort((a, b) => a - b);
    this.rise(versions[versions.length - REMEMBERED - 1]);
  }
}
