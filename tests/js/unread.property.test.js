/**
 * Unread counts against a model of the server's: last_seq - last_read_seq, less one's own, the deleted ones and the answers in threads in that range;
 * and how many of them mention me. The mark goes back, too, when something is marked unread.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RoomList, isCalled } from "#core/unread.js";

const ME = 1;

class ModelCounts {
  kind = "open";
  version = 0;
  last_read_seq = 0;
  messages = [];

  post(author, calls = false, thread) {
    const message = this.#stamp({
      seq: this.messages.length + 1, author: { id: author }, deleted: false, edited_at: null, mentions: calling(calls), ...(thread ? { thread } : {}),
    });
    if (author === ME && !thread) this.last_read_seq = message.message.seq;
    return message;
  }

  edit(seq, calls) {
    const message = this.messages[seq - 1];
    return this.#stamp(message.deleted ? message : { ...message, edited_at: "now", mentions: calling(calls) });
  }

  delete(seq) { return this.#stamp({ ...this.messages[seq - 1], deleted: true, mentions: undefined }); }

  read(seq) {
    this.last_read_seq = seq;
    const { last_read_seq, unread, mentions } = this.room();
    return { type: "read", room: "lobby", last_read_seq, unread, mentions };
  }

  #stamp(message) {
    const stamped = this.messages[message.seq - 1] = { ...message, version: ++this.version };
    return { type: "message", room: "lobby", version: this.version, message: stamped };
  }

  room() {
    const above = this.messages.slice(this.last_read_seq).filter(({ author, deleted, thread }) => author.id !== ME && !deleted && !thread);
    return {
      slug: "lobby", kind: this.kind, involvement: "everything", version: this.version, last_seq: this.messages.length,
      threads: [], last_read_seq: this.last_read_seq, unread: above.length,
      mentions: this.kind === "direct" ? above.length : above.filter((message) => isCalled(message, ME)).length,
    };
  }
}

const calling = (calls) => calls ? { room: false, users: [ME] } : undefined;

/** What the server does: each number is taken modulo what there is. */
const acts = {
  post: (server, n) => server.post(2, n % 2 === 0),
  postOwn: (server) => server.post(ME),
  answer: (server, n) => server.messages.length ? server.post(1 + (n % 2), n % 3 === 0, 1) : server.post(2),
  edit: (server, n) => server.messages.length ? server.edit(1 + (n % server.messages.length), n % 3 === 0) : server.post(2),
  delete: (server, n) => {
    const standing = server.messages.filter(({ deleted }) => !deleted);
    return standing.length ? server.delete(standing[n % standing.length].seq) : server.post(2);
  },
  read: (server, n) => server.read(Math.min(server.messages.length, server.last_read_seq + (n % 4))),
  unread: (server, n) => server.read(n % (server.messages.length + 1)),
};
/** Not so after a deletion that we did not see: which ones were deleted cannot be told from a count. */
const isTold = (server, name, n) => name !== "edit" || !server.messages[n % server.messages.length]?.deleted;

const act = fc.tuple(fc.constantFrom("post", ...Object.keys(acts)), fc.nat(1000));
const acted = fc.array(act, { maxLength: 50, size: "max" });
const kinds = fc.constantFrom("open", "open", "direct"); // in a direct conversation all that is unread mentions me

const deliver = (rooms, event) => event.type === "read" ? rooms.read(event) : rooms.message(event);
const counts = ({ version, last_seq, last_read_seq, unread, mentions }) => ({ version, last_seq, last_read_seq, unread, mentions });

function start(before, kind) {
  const server = new ModelCounts(), rooms = new RoomList(ME);
  server.kind = kind;
  for (const [name, n] of before) acts[name](server, n);
  rooms.hello([server.room()]);
  return { server, rooms };
}

test("in order, the counts are the server's after each event, doubled or not, or known to be in doubt", () => {
  fc.assert(fc.property(kinds, acted, acted, (kind, before, after) => {
    const { server, rooms } = start(before, kind);
    for (const [name, n] of after) {
      if (!isTold(server, name, n)) continue;
      const event = acts[name](server, n);
      deliver(rooms, event);
      if (n % 3 === 0 && event.type === "message") deliver(rooms, event);
      // What an edit or a deletion changed in what came before us may be in doubt: then the room says so.
      const behind = rooms.behind().lobby;
      if (behind) rooms.sync("lobby", { version: behind, messages: [], room: server.room() }, behind);
      assert.deepEqual(counts(rooms.get("lobby")), counts(server.room()));
    }
  }), { numRuns: 1000 });
});

test("whatever is lost or late, the counts stay possible, the room knows that it is behind, and a sync sets it right", () => {
  const fates = fc.array(fc.tuple(act, fc.constantFrom("now", "now", "late", "lost")), { maxLength: 50, size: "max" });
  fc.assert(fc.property(kinds, acted, fates, (kind, before, fates) => {
    const { server, rooms } = start(before, kind);
    const late = [];
    let heard = 0;
    const arrive = (event) => {
      deliver(rooms, event);
      heard = Math.max(heard, event.version ?? 0);
      const { last_seq, last_read_seq, unread, mentions, version } = rooms.get("lobby");
      assert(mentions >= 0);
      assert(0 <= unread && unread <= Math.max(0, last_seq - last_read_seq), `${unread} unread of ${last_seq - last_read_seq}`);
      if (heard > version) assert("lobby" in rooms.behind());
    };
    for (const [[name, n], fate] of fates) {
      const event = acts[name](server, n);
      if (fate === "now") arrive(event);
      if (fate === "late") late.push(event);
      if (n % 5 === 0 && late.length) arrive(late.splice(n % late.length, 1)[0]);
    }
    const since = rooms.get("lobby").version;
    rooms.sync("lobby", { version: server.version, messages: [], room: server.room() }, since);
    for (const event of late) if (event.type === "message") assert.equal(rooms.message(event), "seen");
    assert.deepEqual(counts(rooms.get("lobby")), counts(server.room()));
    assert.deepEqual(rooms.behind(), {});
  }), { numRuns: 1000 });
});
