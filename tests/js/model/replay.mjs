/**
 * Replays what a server said against the page's own counts (core/unread.js). Reads JSON: a list of `{me, hello, steps: [{events, rooms}]}`, where `rooms` is
 * how the rooms stand after the events. A room that says it is in doubt may ask, as the page does; any other must be right.
 */

import assert from "node:assert/strict";
import { text } from "node:stream/consumers";
import { RoomList } from "#core/unread.js";

const shown = ({ slug, version, last_seq, last_read_seq, unread, mentions, threads }) =>
  ({ slug, version, last_seq, last_read_seq, unread, mentions, threads });
const bySlug = (a, b) => (a.slug < b.slug ? -1 : 1);

function hear(rooms, { type, room, ...rest }) {
  if (type === "message") rooms.message({ room, ...rest });
  else if (type === "read") rooms.read({ room, ...rest });
  else if (type === "thread") rooms.thread({ room, ...rest });
  else if (type === "room") rooms.update(room, rest);
}

let doubts = 0, steps = 0;
for (const history of JSON.parse(await text(process.stdin))) {
  const rooms = new RoomList(history.me);
  rooms.hello(history.hello);
  for (const { step, events, rooms: expected } of history.steps) {
    steps += 1;
    for (const event of events) hear(rooms, event);
    for (const [slug, since] of Object.entries(rooms.behind())) {
      doubts += 1;
      const room = expected.find((each) => each.slug === slug);
      rooms.sync(slug, { version: room.version, messages: [], room }, since);
    }
    assert.deepEqual(rooms.list().map(shown).sort(bySlug), expected.map(shown).sort(bySlug), JSON.stringify({ step, history }));
  }
}
console.log(JSON.stringify({ steps, doubts }));
