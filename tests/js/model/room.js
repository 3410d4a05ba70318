/**
 * The server's side of the sync rule, as DESIGN section 3 has it, for one room: `seq` numbers the messages, `version` the changes;
 * each change stamps the message it touched. Answers are read in two steps, first the room's counters, then the messages, as
 * rooms/history.py and rooms/sync.py do; there may be changes between.
 */

const PAGE = 4, SYNC = 3, TOO_MANY = 8;

export class ModelRoom {
  /** Whether it tells a client from the future to start anew; else it just has nothing for it. */
  resetsTheFuture = true;
  version = 0;
  messages = [];

  /** @param {number} [thread] the root it answers under, which changes with it: another event, `touch` */
  post(thread) {
    const author = { id: 1, handle: "u0", name: "U 0" };
    return this.#stamp({ seq: this.messages.length + 1, author, deleted: false, edits: 0, ...(thread ? { thread } : {}) });
  }

  /** What stands in a log, the room's or a thread's. @param {number} [thread] */
  log(thread) {
    return this.messages.filter((message) => message.thread === thread || (thread && message.seq === thread));
  }

  /** Edited, reacted to or deleted: a change of one message, all the same. */
  change(seq, isDeletion = false) {
    const message = this.messages[seq - 1];
    return this.#stamp({ ...message, deleted: message.deleted || isDeletion, edits: message.edits + 1 });
  }

  /** What is read first. */
  counters() {
    return { version: this.version, last_seq: this.messages.length };
  }

  #stamp(message) {
    const stamped = { ...message, version: ++this.version, body: `${message.seq} as of ${this.version}` };
    this.messages[message.seq - 1] = stamped;
    return { type: "message", room: "lobby", version: this.version, message: stamped };
  }

  /** As the server, which says of an older page too often that there is more behind it. */
  page({ before = Infinity, after, around }, { version, last_seq } = this.counters(), thread) {
    const log = this.log(thread), below = (seq) => log.filter((message) => message.seq < seq).length;
    let from, to;
    if (around !== undefined) [from, to] = [below(around) - PAGE / 2, below(around) + PAGE / 2];
    else if (after !== undefined) [from, to] = [below(after + 1), below(after + 1) + PAGE];
    else [from, to] = [below(before) - PAGE, below(before)];
    [from, to] = [Math.max(from, 0), Math.min(to, log.length)];
    const messages = log.slice(from, to), isOlder = around === undefined && after === undefined;
    const has_after = isOlder ? before - 1 < last_seq : to < log.length;
    return { version, messages, has_before: messages.length > 0 && from > 0, has_after };
  }

  /** A client of one log that is reset fetches its page; here at once. */
  sync(since, counters = this.counters(), thread) {
    const { version } = counters;
    const changed = this.messages.filter((message) => message.version > since).sort((a, b) => a.version - b.version);
    if ((since > version && this.resetsTheFuture) || changed.length > TOO_MANY) {
      const { messages, has_before } = this.page({}, counters, thread);
      return { reset: true, version, messages, has_before };
    }
    const messages = changed.slice(0, SYNC), more = changed.length > SYNC;
    const reached = messages.at(-1)?.version ?? version;
    return { version: more ? reached : Math.max(reached, version), messages, more };
  }

  backup() {
    return { version: this.version, messages: [...this.messages] };
  }

  restore({ version, messages }) {
    [this.version, this.messages] = [version, [...messages]];
  }
}
