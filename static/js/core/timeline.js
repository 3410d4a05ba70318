/**
 * The sync rule: what one room's log holds in this browser, and how each answer of the server changes it.
 *
 * The log is a version and a window, the seqs from `first` to `last`. Invariant: each message of the window whose latest
 * change is at or below `version` is held as that change left it, and none is ever replaced by an older state of itself.
 * So the version moves on only by the next change, or by an answer that spans the changes between; then a log that
 * reached the server's version *is* the server's state, whatever was lost, doubled, late or out of order on the way.
 *
 * A room has many logs: its own, and one for each thread (the root and the answers). They share the room's numbers, so each has gaps where the others
 * have messages; each hears every change and keeps what is its own.
 */

import { Aside } from "#core/aside.js";
import { Versions } from "#core/versions.js";

/** @import { Message, MessageEvent, Page, Reset, SyncResult } from "#core/payloads.js" */
/** @typedef {{ status: "applied" | "seen" | "gap", upserted: Message[] }} Applied */
/** @typedef {{ status: "merged" | "reset" | "seen", upserted: Message[], removed: Message[] }} Merged */
/** @typedef {{ status: "merged" | "replaced" | "stale", upserted: Message[], removed: Message[] }} Paged */

export class RoomLog {
  /** @type {Versions<Message>} */
  #versions = new Versions();
  /** @type {Map<number, Message>} */
  #messages = new Map();
  #first = 1;
  #last = 0;
  /** The highest seq known to exist; the room's last as of `version`, once a page has shown the end. */
  #end = 0;
  #hasSeenEnd = true;
  #aside = new Aside();
  /** @type {number | null} the version of an answer that said there is more; a complete one asked for since then ends it */
  #partial = null;

  /**
   * Without a page the log is that of a room in which nothing has happened: version 0, to be synced from there.
   * @param {string} room slug
   * @param {Page} [page]
   * @param {number} [thread] seq of the root: the log of that thread
   */
  constructor(room, page, thread) {
    this.room = room;
    this.thread = thread;
    if (page) this.#load(page);
  }

  /** Whether a message stands in this log. @param {Message} message */
  holds({ seq, thread }) { return thread === this.thread || (this.thread !== undefined && seq === this.thread); }

  /** The room's version that this log has reached. */
  get version() { return this.#versions.version; }

  /** Whether there is something newer than `version` by all we know: time to sync, once stragglers had their moment. */
  get isBehind() { return this.#versions.isBehind || this.#partial !== null; }

  /** @returns {ReadonlyMap<number, Message>} the window, by seq; not in order, see `list` */
  get messages() { return this.#messages; }

  /** The first seq of the window: the cursor for an older page. */
  get first() { return this.#first; }

  /** The last seq of the window: the cursor for a newer page. */
  get last() { return this.#last; }

  get hasBefore() { return this.#first > 1; }
  get hasAfter() { return this.#last < this.#end || !this.#hasSeenEnd; }

  /** Whether the window reaches the end of the room, so that new messages belong to it. */
  get isLive() { return !this.hasAfter; }

  /** The window's messages, ascending. */
  list() {
    return [...this.#messages.values()].sort(bySeq);
  }

  /** @param {number} seq the message of the window before this one, if any */
  before(seq) {
    for (let at = Math.min(seq - 1, this.#last); at >= this.#first; at--) {
      const message = this.#messages.get(at);
      if (message) return message;
    }
  }

  /** @param {number} seq the message of the window after this one, if any */
  after(seq) {
    for (let at = Math.max(seq + 1, this.#first); at <= this.#last; at++) {
      const message = this.#messages.get(at);
      if (message) return message;
    }
  }

  /**
   * A live event, or the acknowledgement of an own post: `gap` when changes before it are missing (it is held until they came).
   * @param {Pick<MessageEvent, "room" | "version" | "message">} event
   * @returns {Applied} `upserted`: what is to be drawn, ascending, each by its seq, not always at the end
   */
  apply({ version, message }) {
    // The answer to a retried post names an old message beside a younger version of the room: it proves only the older.
    const change = Math.min(version, message.version);
    this.#versions.hear(version);
    const { status, ready } = this.#versions.offer(change, message);
    const changed = this.#placeAll(ready); // even if seen: one change may touch several messages
    return { status: changed.size ? "applied" : status, upserted: inOrder(changed) };
  }

  /**
   * One room's answer to `sync`. Afterwards `isBehind` says whether to sync again.
   * @param {SyncResult} result
   * @param {number} [since] the version the request was made with; tells a late answer from a server restored from a backup
   * @returns {Merged} `reset`: the window was replaced
   */
  merge(result, since) {
    if (result.reset) return this.#reset(result, since);
    if (result.version < this.version && since === this.version) {
      const removed = this.#load({ version: 0, messages: [], has_before: false, has_after: false });
      this.#versions.hear(result.version);
      return { status: "reset", upserted: [], removed };
    }
    this.#partial = this.#stillPartial(result, since);
    const isUsable = since === undefined || since <= this.version;
    if (!isUsable || result.version <= this.version) return { status: "seen", upserted: [], removed: [] };
    const ready = this.#versions.reach(result.version);
    return { status: "merged", upserted: inOrder(this.#placeAll([...result.messages, ...ready])), removed: [] };
  }

  /** @param {SyncResult & { reset?: false }} result @param {number} [since] */
  #stillPartial({ version, more }, since = this.version) {
    if (more) return version;
    return this.#partial !== null && since < this.#partial ? this.#partial : null;
  }

  /**
   * A page of history. `stale`: it does not touch the window any more, or is too old to be corrected; ask again.
   * @param {Page} page
   * @param {"older" | "newer" | "around"} direction `around` replaces the window
   * @param {number} [cursor] the `before` or `after` the page was asked with; without it the page's own edge
   * @returns {Paged}
   */
  page(page, direction, cursor) {
    this.#versions.hear(page.version);
    if (page.version < this.#aside.horizon) return { status: "stale", upserted: [], removed: [] };
    const [from, to] = this.#span(page, direction, cursor);
    /** @type {Message[]} */
    let removed = [];
    if (direction === "around") {
      removed = this.#empty();
      [this.#first, this.#last] = [from, to];
    } else {
      if (to < this.#first - 1 || from > this.#last + 1) return { status: "stale", upserted: [], removed };
      [this.#first, this.#last] = [Math.min(this.#first, from), Math.max(this.#last, to)];
    }
    this.#hasSeenEnd ||= direction !== "older" && !page.has_after; // an empty page knows only its own direction
    const changed = this.#placeAll(page.messages);
    if (direction !== "older" && !page.has_after) this.#catchUp(changed);
    return { status: direction === "around" ? "replaced" : "merged", upserted: inOrder(changed), removed };
  }

  /**
   * Keep at most `max` messages (1 or more), those at the end or those at the start.
   * @param {number} max
   * @param {boolean} [keepEnd]
   * @returns {Message[]} what left the window
   */
  trim(max, keepEnd = true) {
    const surplus = this.#messages.size - max;
    if (surplus <= 0) return [];
    const all = this.list();
    const removed = keepEnd ? all.splice(0, surplus) : all.splice(max);
    if (keepEnd) this.#first = all[0].seq;
    else this.#last = all[max - 1].seq;
    for (const message of removed) this.#leave(message);
    return removed;
  }

  /** @param {Message[]} messages */
  #placeAll(messages) {
    /** @type {Map<number, Message>} */
    const changed = new Map();
    for (const message of messages) this.#place(message, changed);
    return changed;
  }

  /**
   * Upsert into the window, growing it at a live end; what falls outside is remembered aside.
   * @param {Message} news
   * @param {Map<number, Message>} changed collects what is to be drawn
   */
  #place(news, changed) {
    if (!this.holds(news)) return;
    const message = this.#aside.latest(news), { seq } = message;
    if (seq > this.#last && this.isLive) this.#last = seq;
    this.#end = Math.max(this.#end, seq);
    if (seq < this.#first || seq > this.#last) return this.#aside.add(message);
    const known = this.#messages.get(seq);
    if (known && known.version >= message.version) return;
    this.#messages.set(seq, message);
    changed.set(seq, message);
  }

  /**
   * Behind the last page stands what came while it was on its way: all of it is aside, as the page is not from before the horizon.
   * @param {Map<number, Message>} changed
   */
  #catchUp(changed) {
    for (const next of this.#aside.above(this.#last)) {
      this.#last = next.seq;
      this.#place(next, changed);
    }
  }

  /**
   * The seqs of which the page holds all that exist.
   * @param {Page} page
   * @param {"older" | "newer" | "around"} direction
   * @param {number} [cursor]
   * @returns {[number, number]}
   */
  #span({ messages, has_before }, direction, cursor) {
    const first = messages[0]?.seq, last = messages.at(-1)?.seq;
    if (direction === "newer") {
      const after = cursor ?? (first === undefined ? this.#last : first - 1);
      return [after + 1, last ?? after];
    }
    const to = direction === "older" ? (cursor ?? (last === undefined ? this.#first : last + 1)) - 1 : last ?? 0;
    return [has_before ? first ?? to + 1 : 1, to];
  }

  /**
   * @param {Reset} result
   * @param {number} [since]
   * @returns {Merged}
   */
  #reset(result, since) {
    const isLate = result.version <= this.version && since !== undefined && since !== this.version;
    if (isLate) return { status: "seen", upserted: [], removed: [] };
    const removed = this.#load({ ...result, has_after: false });
    return { status: "reset", upserted: this.list(), removed };
  }

  /**
   * Start anew from a page that is all we know. Of a server set back to an older version nothing heard before counts.
   * @param {Page} page
   * @returns {Message[]} what left the window
   */
  #load(page) {
    const removed = this.#empty();
    if (page.version < this.version) [this.#versions, this.#aside] = [new Versions(page.version), new Aside()];
    this.#aside.rise(page.version);
    this.#partial = null;
    [this.#first, this.#last] = this.#span(page, "around");
    [this.#end, this.#hasSeenEnd] = [this.#last, !page.has_after];
    this.#placeAll([...page.messages, ...this.#versions.reach(page.version)]);
    return removed;
  }

  #empty() {
    const removed = this.list();
    for (const message of removed) this.#leave(message);
    return removed;
  }

  /** @param {Message} message */
  #leave(message) {
    this.#messages.delete(message.seq);
    this.#aside.add(message);
  }
}

/** @param {Message} a @param {Message} b */
const bySeq = (a, b) => a.seq - b.seq;

/** @param {Map<number, Message>} changed */
const inOrder = (changed) => [...changed.values()].sort(bySeq);
