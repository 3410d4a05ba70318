/**
 * Who is typing. Invariant: nobody is shown longer than LIFETIME after their last sign, nor past their own message.
 */

/** @import { User } from "#core/payloads.js" */

/** Milliseconds that one sign of typing lasts. */
const LIFETIME = 5000;

export class Typing {
  #now;
  #me;
  /** @type {Map<string, Map<number, { user: User, until: number }>>} room -> user id -> sign, in the order they began */
  #rooms = new Map();

  /**
   * @param {() => number} now milliseconds
   * @param {number} [me] my user id: my other tabs are not news to me
   */
  constructor(now, me) {
    this.#now = now;
    this.#me = me;
  }

  /** A `typing` event. @param {{ room: string, user: User }} event */
  saw({ room, user }) {
    if (user.id === this.#me) return;
    const signs = this.#signs(room);
    this.#rooms.set(room, signs.set(user.id, { user, until: this.#now() + LIFETIME }));
  }

  /** They posted, or went. @param {string} room @param {number} userId */
  stopped(room, userId) {
    this.#rooms.get(room)?.delete(userId);
  }

  /** @param {string} room @returns {User[]} who began first comes first */
  who(room) {
    return [...this.#signs(room).values()].map(({ user }) => user);
  }

  /** @param {string} room @returns {number | null} milliseconds until `who` changes by itself; null: it does not */
  changesIn(room) {
    const ends = [...this.#signs(room).values()].map(({ until }) => until);
    return ends.length ? Math.min(...ends) - this.#now() : null;
  }

  /** What has not run out. @param {string} room */
  #signs(room) {
    const signs = this.#rooms.get(room) ?? new Map();
    for (const [id, { until }] of signs) if (until <= this.#now()) signs.delete(id);
    return signs;
  }
}
