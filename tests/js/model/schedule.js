/**
 * A client made of one RoomLog, the room it follows and the network between, which loses, doubles, reorders and delays: driven
 * by a list of steps, checked after each. A step names its target by a number taken modulo what there is, so every list is a schedule.
 */

import assert from "node:assert/strict";
import { RoomLog } from "#core/timeline.js";
import { ModelRoom } from "./room.js";

const pick = (list, n) => list[n % list.length];
const take = (list, n) => list.splice(n % list.length, 1)[0];

export class Schedule {
  room = new ModelRoom();
  isConnected = true;
  /** Live events on their way. */
  wire = [];
  /** Questions asked: the counters were read, the messages are read when it is answered. */
  asked = [];
  /** Answers on their way. */
  answers = [];
  /** What a page would show that draws just what it is told to. */
  drawn = new Map();
  /** The newest state ever drawn, by seq. */
  newest = new Map();
  heard = 0;

  /**
   * @param {"nothing" | "end" | "middle"} start what the page came with
   * @param {number} [thread] the log of the thread under the message of this number, not of the room
   */
  constructor(posts, start, thread) {
    this.thread = thread;
    for (let n = 0; n < posts; n++) this.room.post(n % 3 === 2 ? 1 + (n % 2) : undefined);
    const page = { nothing: undefined, end: this.page({}), middle: this.page({ around: 1 + (posts >> 1) }) }[start];
    this.log = new RoomLog("lobby", page, thread);
    this.draw(this.log.list(), []);
  }

  /** What the log has to show. */
  get truth() { return this.room.log(this.thread); }

  page(where, counters) { return this.room.page(where, counters, this.thread); }

  /** What can happen; each takes a number. */
  static steps = {
    post: (s) => s.publish(s.room.post()),
    /** In a thread: two events. */
    answerPosted: (s, n) => {
      const roots = s.room.log();
      if (!roots.length) return s.publish(s.room.post());
      const root = n % 2 ? roots[0].seq : pick(roots, n).seq;
      s.publish(s.room.post(root));
      s.publish(s.room.change(root));
    },
    change: (s, n) => s.publish(s.room.messages.length ? s.room.change(1 + (n % s.room.messages.length), n % 3 === 0) : s.room.post()),
    /** A post sent again: answered with the message as it is, and the room's version. */
    retry: (s, n) => s.room.messages.length && s.apply({ version: s.room.version, message: pick(s.room.messages, n) }),
    deliver: (s, n) => s.wire.length && s.apply(take(s.wire, n)),
    deliverNext: (s) => s.wire.length && s.apply(s.wire.shift()),
    double: (s, n) => s.wire.length && s.apply(pick(s.wire, n)),
    lose: (s, n) => s.wire.length && take(s.wire, n),
    disconnect: (s) => { s.isConnected = false; },
    connect: (s) => { s.isConnected = true; s.ask({ sync: true }); },
    askSync: (s) => s.ask({ sync: true }),
    askOlder: (s) => s.ask({ direction: "older", cursor: s.log.first }),
    askNewer: (s) => s.ask({ direction: "newer", cursor: s.log.last }),
    askAround: (s, n) => s.ask({ direction: "around", cursor: 1 + (n % (s.room.messages.length + 1)) }),
    answer: (s, n) => s.asked.length && s.answers.push(s.answer(take(s.asked, n))),
    arrive: (s, n) => s.answers.length && s.arrive(take(s.answers, n)),
    arriveTwice: (s, n) => s.answers.length && s.arrive(pick(s.answers, n)),
    trimStart: (s, n) => s.draw([], s.log.trim(1 + (n % 6), true)),
    trimEnd: (s, n) => s.draw([], s.log.trim(1 + (n % 6), false)),
    /** More changes at once than the log remembers or holds; the first may be lost, or all come. */
    burst: (s, n) => {
      for (let i = 0; i < 600; i++) {
        const event = i % 2 || !s.room.messages.length ? s.room.post() : s.room.change(1 + ((n + i * 7) % s.room.messages.length));
        if (i > 0 || n % 2) s.apply(event);
      }
    },
  };

  run(steps) {
    for (const [name, n] of steps) {
      Schedule.steps[name](this, n);
      this.check();
    }
  }

  publish(event) {
    if (this.isConnected) this.wire.push(event);
  }

  ask(question) {
    this.asked.push({ ...question, since: this.log.version, counters: this.room.counters() });
  }

  answer(question) {
    const { sync, direction, cursor, since, counters } = question;
    if (sync) return { question, result: this.room.sync(since, counters, this.thread) };
    const where = direction === "older" ? { before: cursor } : direction === "newer" ? { after: cursor } : { around: cursor };
    return { question, result: this.page(where, counters) };
  }

  apply(event) {
    this.heard = Math.max(this.heard, event.version);
    const { upserted } = this.log.apply(event);
    this.draw(upserted, []);
  }

  /** The server is set back to a backup; every connection, with what was on it, is gone. */
  restore(backup) {
    this.room.restore(backup);
    [this.wire, this.asked, this.answers] = [[], [], []];
    this.heard = 0;
    this.newest.clear();
  }

  arrive({ question: { sync, direction, cursor, since }, result }) {
    this.heard = Math.max(this.heard, result.version);
    const answer = sync ? this.log.merge(result, since) : this.log.page(result, direction, direction === "around" ? undefined : cursor);
    this.draw(answer.upserted, answer.removed);
    return answer;
  }

  draw(upserted, removed) {
    for (const { seq } of removed) assert(this.drawn.delete(seq), `${seq} removed, but not drawn`);
    for (const message of upserted) this.drawn.set(message.seq, message);
    for (const message of upserted) {
      assert(message.version >= (this.newest.get(message.seq) ?? 0), `${message.seq} rolled back`);
      this.newest.set(message.seq, message.version);
    }
  }

  /** What holds after every step. */
  check() {
    const { log, room } = this;
    assert(log.version <= room.version);
    assert(log.isBehind || log.version >= this.heard, "behind and does not know");
    assert.deepEqual([...this.drawn.keys()].sort((a, b) => a - b), log.list().map(({ seq }) => seq));
    for (const message of this.drawn.values()) assert.equal(log.messages.get(message.seq), message);
    for (const truth of this.truth) {
      if (truth.seq < log.first || (!log.isLive && truth.seq > log.last)) continue;
      if (truth.version <= log.version) assert.equal(log.messages.get(truth.seq), truth, `${truth.seq} is not as of ${log.version}`);
    }
  }

  /** Connected for good, nothing more changes: sync as long as there is something to sync. */
  settle() {
    this.wire = [];
    for (let rounds = 0; ; rounds++) {
      assert(rounds <= this.room.messages.length + 2, "sync does not come to an end");
      this.sync();
      this.check();
      if (!this.log.isBehind) return;
    }
  }

  sync() {
    return this.arrive(this.answer({ sync: true, since: this.log.version, counters: this.room.counters() }));
  }

  /** Read the whole room, as a reader who scrolls up to its beginning and down to its end. */
  readAll() {
    this.readOn("older", () => this.log.hasBefore);
    this.readOn("newer", () => this.log.hasAfter);
    assert.deepEqual(this.log.list(), this.truth);
    assert(this.log.isLive);
  }

  readOn(direction, isMissing) {
    for (let pages = 0; isMissing(); pages++) {
      assert(pages <= this.room.messages.length, "paging does not come to an end");
      const cursor = direction === "older" ? this.log.first : this.log.last;
      const { status } = this.arrive(this.answer({ direction, cursor, counters: this.room.counters() }));
      assert.equal(status, "merged");
      this.check();
    }
  }

  /** The window is the server's state over its range, and a live one reaches the last message. */
  assertConverged() {
    const { log, room } = this;
    assert.equal(log.version, room.version);
    assert.equal(log.isBehind, false);
    assert.deepEqual(log.list(), this.truth.filter(({ seq }) => log.first <= seq && seq <= log.last));
    if (log.isLive && log.messages.size) assert.equal(log.list().at(-1), this.truth.at(-1));
    assert.equal(log.hasBefore, log.first > 1);
  }
}
