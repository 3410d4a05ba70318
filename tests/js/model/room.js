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

  post() {
    return this.#stamp({ seq: this.messages.length + 1, author: { id: 1, handle: "u0", name: "U 0" }, deleted: false, edits: 0 });
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

  page({ before = Infinity, after, around }, { version, last_seq } = this.counters()) {
    const end = this.messages.length;
    let from, to;
    if (around !== undefined) [from, to] = [around - PAGE / 2, around + PAGE / 2 - 1];
    else if (after !== undefined) [from, to] = [after + 1, after + PAGE];
    else [from, to] = [Math.min(before, end + 1) - PAGE, Math.min(before, end + 1) - 1];
    [from, to] = [Math.max(from, 1), Math.min(to, end)];
    return { version, messages: this.messages.slice(from - 1, to), has_before: from <= to && from > 1, has_after: from <= to && to < last_seq };
  }

  sync(since, counters = this.counters()) {
    const { version } = counters;
    const changed = this.messages.filter((message) => message.version > since).sort((a, b) => a.version - b.version);
    if ((since > version && this.resetsTheFuture) || changed.length > TOO_MANY) {
      const { messages, has_before } = this.page({}, counters);
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
