/** Unread counts against a model of the server's: last_seq - last_read_seq, less the deleted ones in that range. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RoomList } from "#core/unread.js";

const ME = 1;

class ModelCounts {
  version = 0;
  last_read_seq = 0;
  messages = [];

  post(author) {
    const message = this.#stamp({ seq: this.messages.length + 1, author: { id: author }, deleted: false });
    if (author === ME) this.last_read_seq = message.message.seq;
    return message;
  }

  change(seq, deletes) {
    const message = this.messages[seq - 1];
    return this.#stamp({ ...message, deleted: message.deleted || deletes });
  }

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
    const above = this.messages.slice(this.last_read_seq);
    return {
      slug: "lobby", involvement: "everything", version: this.version, last_seq: this.messages.length,
      last_read_seq: this.last_read_seq, unread: above.filter(({ deleted }) => !deleted).length, mentions: 0,
    };
  }
}

/** What the server does: each number is taken modulo what there is. */
const acts = {
  post: (server) => server.post(2),
  postOwn: (server) => server.post(ME),
  edit: (server, n) => server.messages.length ? server.change(1 + (n % server.messages.length), false) : server.post(2),
  delete: (server, n) => {
    const standing = server.messages.filter(({ deleted }) => !deleted);
    return standing.length ? server.change(standing[n % standing.length].seq, true) : server.post(2);
  },
  read: (server, n) => server.read(Math.min(server.messages.length, server.last_read_seq + (n % 4))),
};
/** Not so after a deletion that we did not see: which ones were deleted cannot be told from a count. */
const isTold = (server, name, n) => name !== "edit" || !server.messages[n % server.messages.length]?.deleted;

const act = fc.tuple(fc.constantFrom("post", ...Object.keys(acts)), fc.nat(1000));
const acted = fc.array(act, { maxLength: 50, size: "max" });

const deliver = (rooms, event) => event.type === "read" ? rooms.read(event) : rooms.message(event);
const counts = ({ version, last_seq, last_read_seq, unread }) => ({ version, last_seq, last_read_seq, unread });

function start(before) {
  const server = new ModelCounts(), rooms = new RoomList(ME);
  for (const [name, n] of before) acts[name](server, n);
  rooms.hello([server.room()]);
  return { server, rooms };
}

test("in order, the counts are the server's after each event, doubled or not", () => {
  fc.assert(fc.property(acted, acted, (before, after) => {
    const { server, rooms } = start(before);
    for (const [name, n] of after) {
      if (!isTold(server, name, n)) continue;
      const event = acts[name](server, n);
      deliver(rooms, event);
      if (n % 3 === 0 && event.type === "message") deliver(rooms, event);
      assert.deepEqual(counts(rooms.get("lobby")), counts(server.room()));
    }
  }), { numRuns: 1000 });
});

test("whatever is lost or late, the counts stay possible, the room knows that it is behind, and a sync sets it right", () => {
  const fates = fc.array(fc.tuple(act, fc.constantFrom("now", "now", "late", "lost")), { maxLength: 50, size: "max" });
  fc.assert(fc.property(acted, fates, (before, fates) => {
    const { server, rooms } = start(before);
    const late = [];
    let heard = 0;
    const arrive = (event) => {
      deliver(rooms, event);
      heard = Math.max(heard, event.version ?? 0);
      const { last_seq, last_read_seq, unread, version } = rooms.get("lobby");
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
