/**
 * What the reader has read of the open room: seen here, said to the server, drawn at once.
 * Invariant: what was seen is said, at most every EVERY milliseconds, also when the page is left; and what somebody marked unread, on whichever device, is not
 * read again by its standing there to be seen: only once a later mark comes, by writing, by asking for it, or from another device.
 */

/** @import { ReadEvent } from "#core/payloads.js" */
/** @import { RoomList } from "#core/unread.js" */

/** Read marks go out at most this often, milliseconds. */
const EVERY = 500;

/**
 * @typedef {object} MarkPorts
 * @property {(seq: number) => Promise<number | null>} say to the server; it answers with the mark, or null: there was no answer
 * @property {(action: () => void, milliseconds: number) => void} after
 */

/** How far the reader has read one log, and what the server has yet to be told of it. */
export class ReadMark {
  #ports;
  #known;
  #seen;
  #isHeld = false;
  #isSaying = false;

  /** @param {number} known the server's mark @param {MarkPorts} ports */
  constructor(known, ports) {
    this.#ports = ports;
    this.#known = this.#seen = known;
  }

  /** The reader sees all up to here. @param {number} seq @returns {boolean} whether that is more than was seen before */
  saw(seq) {
    if (this.#isHeld || seq <= this.#seen) return false;
    this.#seen = seq;
    if (!this.#isSaying) this.#later();
    return true;
  }

  /** The server's mark, from whichever device. @param {number} seq @returns {boolean} whether it went back */
  heard(seq) {
    const isBack = seq < this.#known;
    if (isBack) [this.#isHeld, this.#seen] = [true, seq];
    else if (seq > this.#known) this.#isHeld = false;
    this.#known = seq;
    this.#seen = Math.max(this.#seen, seq);
    return isBack;
  }

  /** The reader wrote, which reads what stands above. @param {number} seq */
  wrote(seq) { if (seq > this.#known) this.heard(seq); }

  /** Say what was seen, if it was not. */
  async say() {
    if (this.#seen > this.#known) {
      const told = await this.#ports.say(this.#seen);
      if (told === null) this.#seen = this.#known; // said again the next time something is seen
      else this.heard(told);
    }
    this.#isSaying = false;
    if (this.#seen > this.#known) this.#later();
  }

  #later() {
    this.#isSaying = true;
    this.#ports.after(() => this.say(), EVERY);
  }
}

/**
 * @typedef {object} Ports
 * @property {RoomList} rooms
 * @property {(slug: string, seq: number) => Promise<any>} ask rejects without a connection
 * @property {() => void} ondraw the counts have changed
 * @property {(seq: number) => void} onback the open room was marked unread, on whichever device, and is read up to here only
 */

/** @param {() => void} action @param {number} milliseconds */
const after = (action, milliseconds) => void setTimeout(action, milliseconds);

export class Reading {
  #ports;
  /** @type {string | null} */
  #slug = null;
  /** @type {ReadMark | null} of the open room */
  #mark = null;

  /** @param {Ports} ports */
  constructor(ports) {
    this.#ports = ports;
    addEventListener("pagehide", () => this.#mark?.say()); // what was seen in the last moment
  }

  /** The room that is open. @param {string} slug @param {number} lastRead */
  enter(slug, lastRead) {
    this.#slug = slug;
    this.#mark = new ReadMark(lastRead, { after, say: async (seq) => (await this.#tell(slug, seq))?.last_read_seq ?? null });
  }

  /** The reader has seen up to here. @param {number} seq @param {import("#core/timeline.js").RoomLog} log of the open room */
  saw(seq, log) {
    const { rooms, ondraw } = this.#ports, room = this.#slug && rooms.get(this.#slug);
    // Behind the end of the log may stand answers in threads.
    if (room && log.isLive && seq >= log.last && log.version >= room.version) seq = Math.max(seq, room.last_seq);
    if (!this.#slug || !this.#mark?.saw(seq)) return;
    if (room && seq >= room.last_seq) rooms.read({ room: this.#slug, last_read_seq: seq, unread: 0, mentions: 0 });
    ondraw();
  }

  /** All rooms, to their ends. */
  all() { for (const { slug, unread } of this.#ports.rooms.list()) if (unread) this.toEnd(slug); }

  /** @param {string} slug */
  toEnd(slug) { this.#tell(slug, this.#ports.rooms.get(slug)?.last_seq ?? 0); }

  /** One wrote in a room, which reads it. @param {string} slug @param {number} seq */
  wrote(slug, seq) { if (slug === this.#slug) this.#mark?.wrote(seq); }

  /** The server says how the room stands. @param {{ slug: string, last_read_seq: number } | undefined} room */
  stands(room) {
    if (room && room.slug === this.#slug && this.#mark?.heard(room.last_read_seq)) this.#ports.onback(room.last_read_seq);
  }

  /** @param {Omit<ReadEvent, "type">} mark */
  marked(mark) {
    this.#ports.rooms.read(mark);
    this.stands({ slug: mark.room, last_read_seq: mark.last_read_seq });
    this.#ports.ondraw();
  }

  /** @param {string} slug @param {number} seq @returns {Promise<any>} null: it was not told */
  async #tell(slug, seq) {
    const told = await this.#ports.ask(slug, seq).catch(() => null);
    if (!told?.ok) return null;
    this.marked({ room: slug, ...told });
    return told;
  }
}
