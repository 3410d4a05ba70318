/**
 * The numbering of a room's changes: takes them in any order, gives them out in the order of their versions.
 * Invariant: `version` moves on only by the next change, or by an answer that spans the changes between.
 */

/** Changes ahead of their turn that are held, at most; a sync brings the rest. */
const HELD = 256;

/** @template T */
export class Versions {
  #version;
  #heard;
  /** @type {Map<number, T[]>} */
  #held = new Map();

  /** @param {number} [version] */
  constructor(version = 0) {
    this.#version = this.#heard = version;
  }

  /** All up to here was given out. */
  get version() { return this.#version; }

  /** Whether something later is known to exist. */
  get isBehind() { return this.#heard > this.#version; }

  /**
   * @param {number} version
   * @param {T} change
   * @returns {{ status: "applied" | "seen" | "gap", ready: T[] }} `ready`: this one, even if seen, and what waited for it; none at a gap
   */
  offer(version, change) {
    this.hear(version);
    if (version > this.#version + 1) {
      this.#hold(version, change);
      return { status: "gap", ready: [] };
    }
    const status = version > this.#version ? "applied" : "seen";
    return { status, ready: [change, ...this.reach(version)] };
  }

  /** This version exists. @param {number} version */
  hear(version) {
    this.#heard = Math.max(this.#heard, version);
  }

  /**
   * An answer spans all changes up to here.
   * @param {number} version
   * @returns {T[]} what waited for it; what it spans is dropped
   */
  reach(version) {
    this.hear(version);
    this.#version = Math.max(this.#version, version);
    /** @type {T[]} */
    const ready = [];
    for (const [next, changes] of [...this.#held].sort(([a], [b]) => a - b)) {
      if (next > this.#version + 1) break;
      if (next > this.#version) ready.push(...changes);
      this.#held.delete(next);
      this.#version = Math.max(this.#version, next);
    }
    return ready;
  }

  /** @param {number} version @param {T} change */
  #hold(version, change) {
    const held = this.#held.get(version);
    if (held) held.push(change);
    else if (this.#held.size < HELD) this.#held.set(version, [change]);
  }
}
