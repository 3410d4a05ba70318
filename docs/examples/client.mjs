// A whole client: shows what is said in your rooms, says what you type. node client.mjs http://127.0.0.1:8000 sessionid=... [room]
import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline";
import { io } from "socket.io-client";

const [url, cookie, room = "lobby"] = process.argv.slice(2);
const socket = io(url, { extraHeaders: { Cookie: cookie }, retries: Infinity, ackTimeout: 5000 }); // sent until acknowledged
const versions = {}; // of each room: up to where we have everything
let timer;

function show(slug, { seq, version, author, body, deleted }) {
  if (version <= versions[slug]) return; // seen already
  versions[slug] = version;
  console.log(`${slug} #${seq} ${author.handle}: ${deleted ? "(deleted)" : body}`);
}
function sync() {
  timer = clearTimeout(timer);
  socket.emit("sync", { rooms: versions }, (_, { rooms = {} }) => {
    for (const [slug, { reset, version = 0, messages = [], more }] of Object.entries(rooms)) {
      for (const message of messages) show(slug, message);
      versions[slug] = reset ? version : Math.max(versions[slug], version);
      if (more) later(0);
    }
  });
}
const later = (wait) => (timer ??= setTimeout(sync, wait));

socket.on("connect_error", (error) => socket.active || (console.error(error.message), process.exit(1)));
socket.on("data", ({ type, room, version, rooms, message, user }) => {
  if (type === "hello") for (const { slug, version } of rooms) versions[slug] ??= version;
  if (type === "room" && version) versions[room] ??= version; // we came into a room, or it was changed
  if (type === "hello" || type === "room") later(0);
  if (type === "join" || type === "leave") console.log(`${room} ${type}: ${user.handle}`);
  if (type === "message" && version > versions[room] + 1) later(100); // something is missing, or on its way
  else if (type === "message") show(room, message);
});

const say = (draft) => socket.emit("message", draft, (_, { error }) => {
  if (error?.retry_after) setTimeout(say, 1000 * error.retry_after, draft);
  else if (error) console.error(error.message);
});
for await (const body of createInterface({ input: process.stdin })) say({ room, body, client_id: randomUUID() });
