// The page without a face: its own timeline, room list, outbox and catching up (static/js/core, static/js/wire), on a stock socket.io-client, driven by lines
// of JSON. In: {n, ask: [event, payload], patience}, {n, say: draft}, {n, show: true}. Out: {n, told} or {n, broken}, and {state} whenever that changes.

import { createInterface } from "node:readline";
import { io } from "socket.io-client";
import { Outbox } from "#core/outbox.js";
import { RoomLog } from "#core/timeline.js";
import { RoomList } from "#core/unread.js";
import { CatchUp } from "#wire/catchup.js";
import { Browser } from "../js/model/browser.js";

const [url, cookie, id, ...transports] = process.argv.slice(2);
const me = Number(id);
const socket = io(url, { extraHeaders: { Cookie: cookie }, transports, reconnectionDelay: 100, reconnectionDelayMax: 1000 });
const rooms = new RoomList(me);
/** @type {Map<string, RoomLog>} */
const logs = new Map();
const waiting = new Map(); // client_id -> whom to tell what became of it
let isGreeted = false, isInStep = false, last = "", nextId = "";

const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

/** Room -> version to ask from: what the list or the log of a room lacks. */
function missing() {
  const found = rooms.behind();
  for (const { slug, version } of rooms.list()) {
    const log = logs.get(slug) ?? new RoomLog(slug);
    logs.set(slug, log);
    if (slug in found || log.isBehind || log.version < version) found[slug] = Math.min(log.version, found[slug] ?? log.version);
  }
  return found;
}

const catchUp = new CatchUp({
  missing,
  ask: (versions) => socket.timeout(5000).emitWithAck("sync", { rooms: versions }),
  onanswer: (results, asked) => {
    for (const [slug, result] of Object.entries(results)) {
      rooms.sync(slug, result, asked[slug]);
      if ("error" in result) continue;
      logs.get(slug)?.merge(result, asked[slug]);
      for (const message of result.messages) if (message.author.id === me) outbox.settle(message);
    }
  },
  ondone: () => {
    isInStep = true;
    tell();
  },
});

const browser = new Browser();
const outbox = new Outbox({
  send: ({ room, body, client_id, reply_to, thread }) => socket.timeout(5000).emitWithAck("message", { room, body, client_id, reply_to, thread }),
  journal: browser.journal(() => outbox),
  uuid: () => nextId, now: () => Date.now(), after: (milliseconds, action) => void setTimeout(action, milliseconds),
  onchange: (change) => {
    const { entry } = change, n = waiting.get(entry.client_id);
    if (n === undefined || (change.type !== "settled" && entry.state !== "failed")) return;
    waiting.delete(entry.client_id);
    if (change.type === "settled") return print({ n, told: { ok: true, message: { ...change.message, client_id: entry.client_id } } });
    print({ n, told: { ok: false, error: entry.error } });
    setTimeout(() => outbox.discard(entry.client_id), 0);
  },
});
browser.open(outbox);

/** Say how it stands, if that is another thing than before. */
function tell() {
  const versions = Object.fromEntries([...logs].map(([slug, { version }]) => [slug, version]));
  const isWhole = isInStep && !Object.keys(missing()).length && !outbox.size;
  const state = JSON.stringify({ state: { connected: isGreeted, in_step: isGreeted && isWhole, versions } });
  if (state !== last) process.stdout.write(`${last = state}\n`);
}

function heard({ type, room, ...rest }) {
  if (type === "hello") {
    isGreeted = true;
    isInStep = false;
    rooms.hello(rest.rooms);
    outbox.open();
    catchUp.open();
  } else if (type === "message") {
    logs.get(room)?.apply({ room, ...rest });
    if (rest.message.author.id === me) outbox.settle(rest.message);
    rooms.message({ room, ...rest });
  } else if (type === "read") rooms.read({ room, ...rest });
  else if (type === "thread") rooms.thread({ room, ...rest });
  else if (type === "room") rooms.update(room, rest);
  if (Object.keys(missing()).length) catchUp.soon();
  tell();
}

socket.on("data", heard);
socket.on("disconnect", (reason) => {
  isGreeted = isInStep = false;
  outbox.close();
  catchUp.close();
  tell();
  if (reason === "io server disconnect") setTimeout(() => socket.connect(), 300);
});
socket.on("connect_error", (error) => {
  if (error.data?.code === "forbidden") process.exit(3);
  if (!socket.active) setTimeout(() => socket.connect(), 300);
});

for await (const line of createInterface({ input: process.stdin })) {
  const { n, ask, patience, say, show } = JSON.parse(line);
  if (show) {
    const shown = [...logs.values()].map((log) => [log.room, { first: log.first, last: log.last, live: log.isLive, messages: log.list() }]);
    print({ n, told: { rooms: rooms.list(), logs: Object.fromEntries(shown) } });
  } else if (say) {
    nextId = say.client_id;
    waiting.set(nextId, n);
    outbox.add(say);
  } else if (!isGreeted) print({ n, broken: "not connected" });
  else {
    socket.timeout(1000 * patience).emitWithAck(...ask).then((told) => {
      if (told.ok && "following" in told) rooms.thread({ room: ask[1].room, ...told });
      else if (told.ok && "last_read_seq" in told) rooms.read({ room: ask[1].room, ...told });
      print({ n, told });
    }, () => print({ n, broken: `${ask[0]}: no answer` }));
  }
}
process.exit(0);
